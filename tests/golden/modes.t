# Moving between modes: configure, exit, end, ^Z, ^C, do, no; errors with their caret.

== terminal A
Router#«show privilege»
Router#
