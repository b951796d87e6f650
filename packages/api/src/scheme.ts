/**
 * What the API knows of a kind, and the lookups over kinds. The kinds themselves: kinds.ts.
 */
import type { Draft } from './draft.ts';
import type { KubeObject } from './types/meta.ts';
import type { FieldError } from './validate/field-error.ts';
import { type NameRule, dns1123Subdomain } from './validate/names.ts';

/** What is done to objects of a kind on their way into the store. */
export interface KindStrategy {
  readonly nameRule: NameRule;
  /** Whether `metadata.generation` counts changes of what is not metadata or status. */
  readonly hasGeneration: boolean;
  /** A create keeps the status that the client sent. */
  readonly keepsStatusOnCreate: boolean;
  /** PUT of a missing name creates it. */
  readonly createsOnUpdate: boolean;
  setDefaults?(object: Draft): void;
  validate?(object: KubeObject): FieldError[];
  /** Without it an update is validated as a new object. */
  validateUpdate?(object: KubeObject, old: KubeObject): FieldError[];
  /** A validating webhook's refusal; `others` are the objects of the kind that are there. */
  deny?(object: KubeObject, others: readonly KubeObject[]): string | undefined;
  warnings?(object: KubeObject): string[];
}

/** Kubernetes itself, OpenShift's own API server, or the CRDs of its ingress operator and of MetalLB. */
export type KindOrigin = 'kubernetes' | 'openshift' | 'ingress-operator' | 'metallb';

export interface KindInfo {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly isNamespaced: boolean;
  readonly categories: readonly string[];
  readonly subresources: readonly string[];
  /** False: the object is stored and served, but nothing in the model acts on it (PW2005). */
  readonly isModelled: boolean;
  /** Whose it is: a cluster without that part does not know the kind. */
  readonly origin: KindOrigin;
  /** A view of other objects (openshift-views.ts): it is not stored and cannot be watched. */
  readonly isView: boolean;
  readonly strategy: KindStrategy;
}

/** A line of a table of kinds; what it leaves out is as for most. */
type KindEntry = Partial<Omit<KindInfo, 'kind' | 'plural' | 'strategy'>>;

export function entry(
  kind: string,
  plural: string,
  rest: KindEntry = {},
  strategy: Partial<KindStrategy> = {},
): KindInfo {
  return {
    group: '',
    version: 'v1',
    kind,
    plural,
    singular: kind.toLowerCase(),
    shortNames: [],
    isNamespaced: true,
    categories: [],
    subresources: [],
    isModelled: true,
    origin: 'kubernetes',
    isView: false,
    ...rest,
    strategy: {
      nameRule: dns1123Subdomain,
      hasGeneration: false,
      keepsStatusOnCreate: false,
      createsOnUpdate: false,
      ...strategy,
    },
  };
}

/** Whether a server that has these parts knows the kind; undefined: it has all. */
export function isServed(info: KindInfo, origins: readonly KindOrigin[] | undefined): boolean {
  return origins === undefined || info.origin === 'kubernetes' || origins.includes(info.origin);
}

/** `apps/v1`, or `v1` for the core group. */
export function apiVersionOf(info: KindInfo): string {
  return info.group === '' ? info.version : `${info.group}/${info.version}`;
}

/** `deployments.apps`, or `pods`: how error texts and `-o name` call the resource. */
export function qualifiedResource(info: KindInfo): string {
  return info.group === '' ? info.plural : `${info.plural}.${info.group}`;
}

/** The lookups over a list of kinds. */
export class Scheme {
  readonly kinds: readonly KindInfo[];
  readonly #byGvk = new Map<string, KindInfo>();
  readonly #byPlural = new Map<string, KindInfo>();
  readonly #byName = new Map<string, KindInfo>();

  constructor(kinds: readonly KindInfo[]) {
    this.kinds = kinds;
    for (const info of kinds) {
      this.#byGvk.set(`${apiVersionOf(info)}/${info.kind}`, info);
      this.#byPlural.set(info.plural, info);
      this.#byPlural.set(qualifiedResource(info), info);
      const names = [info.plural, info.singular, ...info.shortNames];
      for (const name of names) {
        for (const suffix of ['', `.${info.group}`, `.${info.version}.${info.group}`]) {
          if (!this.#byName.has(name + suffix)) this.#byName.set(name + suffix, info);
        }
      }
    }
  }

  /** By `apps/v1` and `Deployment`. */
  byKind(apiVersion: string, kind: string): KindInfo | undefined {
    return this.#byGvk.get(`${apiVersion}/${kind}`);
  }

  /** By plural (`deployments`, `deployments.apps`). */
  byResource(resource: string): KindInfo | undefined {
    return this.#byPlural.get(resource);
  }

  /** By any word that kubectl accepts: plural, singular, short name, with or without group; any case. */
  find(word: string): KindInfo | undefined {
    return this.#byName.get(word.toLowerCase());
  }

  /** The kinds of a category, as `all`. */
  category(name: string): readonly KindInfo[] {
    return this.kinds.filter((info) => info.categories.includes(name));
  }
}
