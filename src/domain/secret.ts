/** A value that must not get out: it is shown by the name of its variable wherever it is written, and revealed on demand. */
export class Secret {
  /** The environment variable that it comes from. */
  readonly variable: string;
  readonly #value: string;

  constructor(variable: string, value: string) {
    this.variable = variable;
    this.#value = value;
  }

  /** The value itself, for whoever signs in with it. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return `\${${this.variable}}`;
  }

  toJSON(): string {
    return this.toString();
  }
}
