/**
 * The register of diagnostic codes. A code keeps its meaning for ever; docs/errors.md lists exactly these.
 *
 * PW1xxx: reading files. PW2xxx: manifests. PW3xxx: scenarios. PW4xxx: command line and topology.
 */
export const DIAGNOSTIC_CODES = {
  PW1001: 'file cannot be read',
  PW1002: 'file is too large',
  PW1003: 'path leaves the folder of the scenario',
  PW1004: 'file cannot be written',
  PW1101: 'malformed YAML',
  PW1102: 'too many YAML aliases',
  PW1103: 'document is not a mapping',
  PW1104: 'key is written twice',
  PW1105: 'nested too deeply',
  PW2001: 'unknown kind',
  PW2002: 'unknown field',
  PW2003: 'wrong type of a field',
  PW2004: 'object is invalid',
  PW2005: 'field is accepted but not modelled',
  PW2006: 'missing apiVersion or kind',
  PW2007: 'image is not in the catalogue',
  PW3001: 'scenario does not match its schema',
  PW3002: 'command cannot be parsed',
  PW3003: 'expectation cannot be parsed',
  PW3004: 'unknown name in a step',
  PW3005: 'parameter is not declared',
  PW3006: 'document has no block to run',
  PW4001: 'networks overlap',
  PW4002: 'network is too small',
  PW4003: 'unknown node',
  PW4004: 'topology is impossible',
  PW4101: 'unknown command or flag',
  PW4102: 'bad value of a flag',
} as const;

export type DiagnosticCode = keyof typeof DIAGNOSTIC_CODES;
