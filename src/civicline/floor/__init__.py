"""The supervisors' live view of queues and representatives."""
