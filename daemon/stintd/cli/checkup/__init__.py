"""What `stint doctor` checks, one file for each part. Every check works with the daemon down, and none changes anything."""
