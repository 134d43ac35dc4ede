const name = '[A-Za-z_][\\w.-]*';
const attribute = `\\s+${name}="(?:[^<&"]|&(?:amp|lt|gt|quot|apos);)*"`;
const tag = new RegExp(`<(?:/(${name})\\s*|(${name})((?:${attribute})*)\\s*(/?))>`, 'y');
const text = /(?:[^<&\p{Cc}\ufffe\uffff]|[\t\n\r]|&(?:amp|lt|gt|quot|apos);)+/uy;

/** Returns the names of the elements of an XML document in order; throws where it is not well-formed (of what our pictures use). */
export const elementsOf = (xml: string): string[] => {
  const [open, names]: [string[], string[]] = [[], []];
  let [at, roots] = [0, 0];
  while (at < xml.length) {
    const pattern = xml[at] === '<' ? tag : text;
    pattern.lastIndex = at;
    const found = pattern.exec(xml);
    const fail = () => new Error(`not well-formed at ${at}: ${xml.slice(at, at + 80)}`);
    if (found === null) throw fail();
    at = pattern.lastIndex;
    if (pattern === text) {
      if (open.length === 0 && found[0].trim() !== '') throw fail();
      continue;
    }
    const [, closed, opened, attributes, isEmpty] = found;
    if (closed !== undefined) {
      if (open.pop() !== closed) throw fail();
      continue;
    }
    const keys = [...attributes.matchAll(new RegExp(`(${name})=`, 'g'))].map(([, key]) => key);
    if (new Set(keys).size !== keys.length) throw fail();
    if (open.length === 0) roots += 1;
    names.push(opened);
    if (isEmpty === '') open.push(opened);
  }
  if (open.length > 0 || roots !== 1) throw new Error(`not well-formed: ${open.join(', ')} not closed, ${roots} roots`);
  return names;
};
