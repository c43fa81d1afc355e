"""Real telephones for tests: SIPp as a strict carrier or phone, baresip as a representative's phone."""
