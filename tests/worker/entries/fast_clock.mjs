// Lets the clock run twenty times as fast; import it before the program. Timers keep their own time.

const now = Date.now.bind(Date);
const startedAt = now();
Date.now = () => startedAt + (now() - startedAt) * 20;
