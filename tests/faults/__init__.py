"""What the store goes through: killed processes, power cuts, full and failing disks; and what is there afterwards."""
