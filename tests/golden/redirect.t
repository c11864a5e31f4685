# Output into files of flash:, and nowhere else.

== terminal A
Router#«show privilege | redirect flash:out»
Router#«show privilege | app out»
Router#«show privilege | tee /append flash:out»
Current privilege level is 15
Router#«more flash:out»
Current privilege level is 15
Current privilege level is 15
Current privilege level is 15
Router#«show privilege | tee flash:out»
Current privilege level is 15
Router#«more flash:out | count level»
Number of lines which match regexp = 1
Router#«show privilege | redirect /etc/motd»
%Error opening /etc/motd (Invalid file name)
Router#«show privilege | redirect flash:../motd»
%Error opening flash:../motd (Invalid file name)
Router#«show privilege | redirect nvram:startup-config»
%Error opening nvram:startup-config (Invalid file name)
Router#«show privilege | redirect»
% Incomplete command.

Router#«show privilege | redirect flash:a b»
                                         ^
% Invalid input detected at '^' marker.

Router#«show privilege | tee ?»
  WORD  Destination, as flash:NAME
Router#show privilege | tee «^C»
Router#«show privilege | ?»
  append    Append redirected output to URL (URLs supporting append operation only)
  begin     Begin with the line that matches
  count     Count number of lines which match regexp
  exclude   Exclude lines that match
  include   Include lines that match
  json      Print as JSON
  redirect  Redirect output to URL
  section   Filter a section of output
  tee       Copy output to URL
Router#show privilege | «^C»
Router#«dir | include out»
    1  -rw-            30  Mmm dd yyyy hh:mm:ss +00:00  out
Router#
