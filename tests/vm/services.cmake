# SPDX-License-Identifier: GPL-3.0-or-later
# VRFs, and NAT and access lists once more, under Debian's own kernel.
if(CMOCKA_FOUND)
  foreach(t vrf nat_packets)
    add_test(NAME vm.net_${t} COMMAND ${vm} -t 280 $<TARGET_FILE:net_test_${t}>)
    set_tests_properties(vm.net_${t} PROPERTIES LABELS vm TIMEOUT 300)
  endforeach()
endif()
foreach(plane user kernel)
  spoke_vm_test(${plane}_vrf "LAB_DATAPLANE=${plane}" ${here}/kernel_vrf.sh)
endforeach()
