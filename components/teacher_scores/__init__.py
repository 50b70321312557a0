"""TeacherScores: the scores that a teacher, a slower model, gives to the texts that a student learns from."""
