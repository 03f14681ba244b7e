/** Handles: lower-case letters, digits, `-`, `_` and inner `.`; users and characters share them. */
export declare const handlePattern: RegExp;
/**
 * Handles mentioned in a text, lower-cased, each once, in order of first appearance. What stands in code (spans or fences)
 * or inside an address such as `a@b.example` is no mention.
 */
export declare function mentionedHandles(content: string): string[];
//# sourceMappingURL=mentions.d.ts.map
