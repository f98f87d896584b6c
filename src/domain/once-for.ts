/** Something that is made once for each owner, and forgotten with it. */
export function onceFor<Owner extends object, Made extends object>(
  make: (owner: Owner) => Made,
): (owner: Owner) => Made {
  const known = new WeakMap<Owner, Made>();
  return owner => {
    const made = known.get(owner) ?? make(owner);
    known.set(owner, made);
    return made;
  };
}
