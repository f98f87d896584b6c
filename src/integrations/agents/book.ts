/** The book that a reader keeps of one process: small however much the process prints. */
import type { AgentReport } from '../../domain/outcome.ts';
import type { Usage } from '../../domain/usage.ts';
import { beginningOf, copy, fieldsOf, lastPart, listOf, nameOf, oneLine, textOf } from './reading.ts';

const lastTextLimit = 2_000;
/** Of a message so much is kept, for whoever reads along. */
const wordsLimit = 64_000;
const activityLimit = 120;
const denialLimit = 10;
/** More tools than this never run at once; whoever says so is not believed. */
const openToolLimit = 256;
/** Tools by which the CLIs put a question to a person. */
const asksPeople = ['AskUserQuestion', 'ask_user', 'question', 'request_user_input'];

export class Book {
  session: string | null = null;
  model: string | null;
  context: AgentReport['context'] = null;
  conclusion: AgentReport['conclusion'] = null;
  turns = 0;
  events = 0;
  unknownEvents = 0;
  garbageLines = 0;
  /** The first line that was no event, for people: a text where events belong is often the only explanation. */
  firstGarbage = '';
  progress = 0;
  /** No tool has worked since the last one that was denied: the agent has not found another way. */
  endsInDenial = false;
  /** Both as they came, if they are short: they change with every line, and are made readable only for a report. */
  #activity = 'starts';
  #lastText = '';
  #asked = '';
  #isSpeaking = false;
  /** How far it had got when it last repeated a request. */
  #knockedAt: number | null = null;
  readonly #denials: string[] = [];
  readonly #openTools = new Map<string, string>();

  constructor(model: string | null) {
    this.model = model;
  }

  /** What it does now, in a line for people. */
  get activity(): string {
    return oneLine(this.#activity, activityLimit);
  }

  get openTools(): number {
    return this.#openTools.size;
  }

  get denials(): readonly string[] {
    return this.#denials;
  }

  /** It repeats a request that was not answered. */
  knock(activity: string): void {
    this.#knockedAt = this.progress;
    this.does(activity);
  }

  /** It has got nowhere since it last did. */
  get isKnocking(): boolean {
    return this.#knockedAt === this.progress;
  }

  garbage(line: string): void {
    this.garbageLines += 1;
    this.firstGarbage ||= oneLine(line, 300);
  }

  /** The model has answered: everything it says until the next tool result is one turn. */
  speak(): void {
    if (!this.#isSpeaking) this.turns += 1;
    this.#isSpeaking = true;
  }

  say(text: string): void {
    if (text.trim() === '') return;
    this.#lastText = text.length <= wordsLimit ? text : lastPart(text, wordsLimit);
  }

  /** Its last message, with what it has asked by a tool where that says nothing of it. */
  get words(): string {
    return this.#wordsUpTo(wordsLimit);
  }

  #wordsUpTo(limit: number): string {
    const words = lastPart(this.#lastText, limit);
    if (this.#asked === '' || words.includes(this.#asked.split('\n', 1)[0]!)) return words;
    return lastPart(words === '' ? this.#asked : `${words}\n\n${this.#asked}`, limit);
  }

  /** Adds to what was said last, for programs that print a message in pieces. */
  sayMore(text: string): void {
    const whole = this.#lastText + (text.length <= wordsLimit ? text : copy(text.slice(-wordsLimit)));
    // Cut now and then only: nobody takes more than the end of it.
    this.#lastText = whole.length <= wordsLimit * 4 ? whole : copy(whole.slice(-wordsLimit));
  }

  does(activity: string): void {
    this.#activity = activity.length <= activityLimit * 4 ? activity : oneLine(activity, activityLimit);
  }

  /** By a tool; those words count when it ends without any other question. */
  ask(tool: string, input: Readonly<Record<string, unknown>>): void {
    if (asksPeople.includes(tool)) this.#asked = questionsIn(input);
  }

  /** A tool begins, with this input. */
  callTool(id: string, tool: string, input: Readonly<Record<string, unknown>>): void {
    this.beginTool(id, tool, subjectOf(input));
    this.ask(tool, input);
  }

  beginTool(id: string, tool: string, detail: string): void {
    const name = nameOf(tool) ?? 'tool';
    if (this.#openTools.size < openToolLimit) this.#openTools.set(beginningOf(id, 200), name);
    this.does(detail === '' ? name : `${name}: ${detail}`);
  }

  /** A tool has reported back; returns its name when it was known to run. */
  endTool(id: string, { hasWorked }: { hasWorked: boolean }): string | null {
    const key = beginningOf(id, 200);
    const name = this.#openTools.get(key) ?? null;
    this.#openTools.delete(key);
    this.#isSpeaking = false;
    if (hasWorked) this.endsInDenial = false;
    this.progress += 1;
    this.does('thinks');
    return name;
  }

  deny(tool: string): void {
    // Nobody sits there to be asked: what it wants to know is in its words.
    if (asksPeople.includes(tool)) return;
    const name = nameOf(tool) ?? 'a tool';
    this.endsInDenial = true;
    if (this.#denials.length < denialLimit && !this.#denials.includes(name)) this.#denials.push(name);
  }

  report(usage: Usage): AgentReport {
    return {
      session: this.session,
      model: this.model,
      usage,
      context: this.context === null ? null : { ...this.context },
      conclusion: this.conclusion,
      denials: [...this.#denials],
      turns: this.turns,
      events: this.events,
      unknownEvents: this.unknownEvents,
      garbageLines: this.garbageLines,
      lastText: this.#wordsUpTo(lastTextLimit),
    };
  }
}

/** The questions that a tool was given, each with its choices. */
function questionsIn(input: Readonly<Record<string, unknown>>): string {
  const given = Array.isArray(input.questions) ? input.questions : [input];
  const texts = given
    .slice(0, 10)
    .map(fieldsOf)
    .map(({ question, prompt, options }) => {
      const choices = listOf(options)
        .slice(0, 10)
        .map(option => textOf(option) || textOf(fieldsOf(option).label));
      const text = textOf(question) || textOf(prompt);
      return choices.length === 0 ? text : `${text} (${choices.join(', ')})`;
    });
  return copy(
    texts
      .filter(text => text !== '')
      .join('\n')
      .slice(0, lastTextLimit),
  );
}

/** What a tool call is about, from its arguments: the command, the file, the pattern, whichever comes first. */
export function subjectOf(input: Readonly<Record<string, unknown>>): string {
  for (const key of ['command', 'file_path', 'filePath', 'path', 'pattern', 'query', 'url', 'description']) {
    const value = input[key];
    if (typeof value === 'string' && value !== '') return value;
  }
  return '';
}
