// Remembers the wasm instances that are made after this module was loaded: import it first.

const instances = [];
const Instance = WebAssembly.Instance;
WebAssembly.Instance = new Proxy(Instance, {
  construct(target, args) {
    const instance = Reflect.construct(target, args);
    instances.push(instance);
    return instance;
  },
});

/** How many instances there have been. */
export const instanceCount = () => instances.length;

/** The instance in use. */
export const currentInstance = () => instances.at(-1);

/** Memory of the instance in use, in bytes: its high-water mark, because wasm memory never shrinks. */
export const memoryBytes = () => currentInstance().exports.memory.buffer.byteLength;
