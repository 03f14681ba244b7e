/** How to get more than the built-in model can do. One sentence, naming the variables, without its full stop. */
export const howToGetAModel =
  'set `OPENAI_API_KEY`, `ANTHROPIC_API_KEY`, `GOOGLE_GENERATIVE_AI_API_KEY`, or `OPENAI_BASE_URL` with `DEFAULT_MODEL` on the server';
