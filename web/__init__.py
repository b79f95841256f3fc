"""What every door needs to speak HTTP: who asks, from where, with what body, and how to refuse."""
