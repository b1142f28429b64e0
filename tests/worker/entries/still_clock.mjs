// Stops the clock at the first look at it; import it before the program. Moving it on still works.

const now = Date.now.bind(Date);
let stoppedAt;
Date.now = () => (stoppedAt ??= now());
