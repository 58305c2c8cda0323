"""The command line: main.py and one file per verb. Verbs talk to the daemon through client; only run.py starts one."""
