"""What a finished entry becomes at a billing system: what is sent, amended, rounded and matched. Sees every room of the rules."""
