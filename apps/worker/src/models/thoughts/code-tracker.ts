/**
 * Follows a Markdown text that comes in pieces, and says whether its end stands inside code: a fenced block or an inline span. It looks at
 * each character once and keeps no text.
 *
 * A fence may follow spaces and `>`. Code that is only indented counts as text. A span that is never closed ends at the next blank line,
 * as its paragraph does.
 */
export class CodeTracker {
  /** The fence that is open, or null. */
  #fence: Run | null = null;
  /** True in the line that opened the fence. A backtick in this line says that it was no fence but an inline span. */
  #openingLine = false;
  /** Length of the backtick run that opened the inline span, or 0. */
  #span = 0;
  /** How many pieces of code have begun. Within one piece it stays the same. */
  #begun = 0;
  /** The run of backticks or tildes that the text ends with. */
  #run: Run = { character: '', length: 0 };
  /** True if {@link #run} is the first thing in its line, so that it may open or close a fence. */
  #runBegins = false;
  /** `margin`: only spaces and `>` so far. `closing`: after a run that closes the fence, if nothing else follows in its line. */
  #line: 'margin' | 'closing' | 'rest' = 'margin';

  /**
   * True if a tag that came next would be code. A tag at the beginning of its line is in no span: a backtick before it was a mistake.
   * Call this only where no backtick follows, because a run of them counts as ended.
   */
  get inCode(): boolean {
    this.#endRun();
    return this.#fence !== null || (this.#span > 0 && this.#line !== 'margin');
  }

  /** Numbers the pieces of code: two places in code with the same number are in the same piece. */
  get piece(): number {
    this.#endRun();
    return this.#begun;
  }

  /** True if the end stands in a fenced block. */
  get inFence(): boolean {
    this.#endRun();
    return this.#fence !== null;
  }

  add(text: string): void {
    for (const character of text) {
      if (character === '`' || character === '~') {
        if (this.#run.character !== character) this.#endRun();
        if (this.#run.length === 0) this.#runBegins = this.#line === 'margin';
        this.#run = { character, length: this.#run.length + 1 };
        this.#line = 'rest';
        continue;
      }
      this.#endRun();
      if (character === '\n') this.#endLine();
      else if (character === ' ' || character === '\t' || character === '\r') continue;
      else if (this.#line !== 'margin' || character !== '>') this.#line = 'rest';
    }
  }

  #endRun(): void {
    const { character, length } = this.#run;
    if (length === 0) return;
    this.#run = { character: '', length: 0 };
    if (this.#fence) {
      if (this.#openingLine && character === '`' && this.#fence.character === '`') {
        this.#span = length === this.#fence.length ? 0 : this.#fence.length;
        this.#fence = null;
      } else if (this.#runBegins && character === this.#fence.character && length >= this.#fence.length) this.#line = 'closing';
    } else if (this.#runBegins && length >= 3) {
      this.#begun++;
      this.#fence = { character, length };
      this.#openingLine = true;
      this.#span = 0;
    } else if (character === '`') {
      if (this.#span === 0) {
        this.#begun++;
        this.#span = length;
      } else if (this.#span === length) this.#span = 0;
    }
  }

  #endLine(): void {
    if (this.#line === 'closing') this.#fence = null;
    if (this.#line === 'margin') this.#span = 0;
    this.#line = 'margin';
    this.#openingLine = false;
  }
}

interface Run {
  character: string;
  length: number;
}
