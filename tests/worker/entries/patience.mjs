// Makes long timeouts a hundred times shorter; import it before the program. Short ones are short enough.

const timeout = AbortSignal.timeout.bind(AbortSignal);
AbortSignal.timeout = (ms) => timeout(ms < 10_000 ? ms : ms / 100);
