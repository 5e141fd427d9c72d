"""What is known of each model beside how it is run."""
