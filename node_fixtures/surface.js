(t) => {
  // Node's public names by reflection: every module key, every member of the classes, their own statics, and
  // what a fresh instance has of its own. Getters of objects are looked at, never called.
  const names = new Set();
  const kindOf = (descriptor) => (typeof descriptor.value === 'function' ? 'function' : 'value');
  const isPublic = (key) =>
    typeof key === 'symbol' ? key.description.startsWith('Symbol.') : !key.startsWith('_') && key !== 'constructor';
  const members = (prefix, object) => {
    for (const [key, descriptor] of Reflect.ownKeys(object).map((key) => [key, Reflect.getOwnPropertyDescriptor(object, key)])) {
      if (isPublic(key)) names.add(`${prefix}${typeof key === 'symbol' ? `[${key.description}]` : key} ${kindOf(descriptor)}`);
    }
  };
  const instances = {
    'net.Socket': () => new t.net.Socket(),
    'net.Server': () => new t.net.Server(),
    'net.BlockList': () => new t.net.BlockList(),
    'net.SocketAddress': () => new t.net.SocketAddress(),
    'dgram.Socket': () => t.dgram.createSocket('udp4'),
  };
  for (const [name, module] of [['net', t.net], ['dgram', t.dgram]]) {
    for (const [key, value] of Object.entries(module)) {
      if (isPublic(key)) names.add(`${name}.${key} ${typeof value === 'function' ? 'function' : 'value'}`);
      if (typeof value !== 'function' || !/^[A-Z]/.test(key)) continue;
      for (const own of Object.getOwnPropertyNames(value)) {
        const descriptor = Object.getOwnPropertyDescriptor(value, own);
        if (isPublic(own) && !['length', 'name', 'prototype', 'arguments', 'caller'].includes(own)) {
          names.add(`${name}.${key}.${own} ${kindOf(descriptor)}`);
        }
      }
      let prototype = value.prototype;
      while (prototype && prototype !== Object.prototype) {
        members(`${name}.${key}#`, prototype);
        prototype = Object.getPrototypeOf(prototype);
      }
    }
  }
  for (const [name, make] of Object.entries(instances)) {
    const instance = make();
    members(`${name}#`, instance);
    if (name === 'dgram.Socket') instance.close();
  }
  t.note('surface', [...names]);
}
