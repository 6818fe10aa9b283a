"""Cases: opened by the fault matrix, worked by people through actions, timed by the two-hour clock."""
