# SPDX-License-Identifier: GPL-3.0-or-later
# VRFs, and NAT and access lists once more, under Debian's own kernel.
if(CMOCKA_FOUND)
  foreach(t vrf nat_packets)
    spoke_vm_test(net_${t} "" $<TARGET_FILE:net_test_${t}>)
  endforeach()
endif()
foreach(plane user kernel)
  spoke_vm_test(${plane}_vrf "LAB_DATAPLANE=${plane}" ${here}/kernel_vrf.sh)
  spoke_vm_test(${plane}_fvrf "LAB_DATAPLANE=${plane}" ${here}/kernel_fvrf.sh)
endforeach()
spoke_vm_test(kernel_fvrf_gre "LAB_DATAPLANE=kernel;FVRF_MODE=gre" ${here}/kernel_fvrf.sh)
spoke_vm_test(kernel_no "LAB_DATAPLANE=kernel;MORE_SECTIONS=${here}/no.sh" ${lab}/lab_no.sh)
spoke_vm_test(user_interfaces "LAB_DATAPLANE=user;VLANS=yes" ${lab}/lab_interfaces.sh)
