/**
 * Splits a line of iptables-restore into words: blanks separate, double quotes group, a backslash inside
 * them escapes (xshared.c add_param_to_argv).
 */
export function splitWords(line: string): string[] | 'Unbalanced quotes' {
  const words: string[] = [];
  let word = '';
  let isOpen = false;
  let isQuoted = false;
  for (let at = 0; at < line.length; at++) {
    const letter = line.charAt(at);
    if (isQuoted) {
      if (letter === '\\' && at + 1 < line.length) word += line.charAt(++at);
      else if (letter === '"') isQuoted = false;
      else word += letter;
    } else if (letter === '"') {
      isQuoted = true;
      isOpen = true;
    } else if (letter === ' ' || letter === '\t' || letter === '\r') {
      if (isOpen) words.push(word);
      word = '';
      isOpen = false;
    } else {
      word += letter;
      isOpen = true;
    }
  }
  if (isQuoted) return 'Unbalanced quotes';
  if (isOpen) words.push(word);
  return words;
}
