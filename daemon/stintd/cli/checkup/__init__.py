"""What `stint doctor` looks at, one file for each part. Every check works with the daemon down, and none changes anything."""
