"""The demonstration: the whole system with people who are not there, over real SIP and RTP."""
