/**
 * Image references: `[registry/]repository[:tag][@digest]`.
 */
export interface ImageReference {
  readonly registry: string;
  /** Without the registry; Docker's official images have the prefix `library/`. */
  readonly repository: string;
  readonly tag: string;
  readonly digest: string | undefined;
}

/** Parses a reference as the runtimes do; undefined when it is malformed (InvalidImageName). */
export function parseImageReference(text: string): ImageReference | undefined {
  const match =
    /^(?<name>(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]+)?\/)?[a-z0-9][a-z0-9._/-]*?)(?::(?<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$/.exec(
      text,
    );
  const name = match?.groups?.['name'];
  if (name === undefined) return undefined;
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const isRegistry = /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase();
  const registry = isRegistry ? first : 'docker.io';
  let repository = isRegistry ? name.slice(slash + 1) : name;
  if (registry === 'docker.io' && !repository.includes('/')) repository = `library/${repository}`;
  if (
    !/^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/.test(
      repository,
    )
  ) {
    return undefined;
  }
  return {
    registry,
    repository,
    tag: match?.groups?.['tag'] ?? 'latest',
    digest: match?.groups?.['digest'],
  };
}

/** The full name that runtimes report in a container's status. */
export function canonicalImageName(reference: ImageReference): string {
  const name = `${reference.registry}/${reference.repository}`;
  return reference.digest === undefined
    ? `${name}:${reference.tag}`
    : `${name}@${reference.digest}`;
}
