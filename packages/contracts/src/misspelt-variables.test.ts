import { describe, expect, it } from 'vitest';
import { misspeltVariables } from './misspelt-variables.js';

const known = [
  'HOST',
  'PORT',
  'LOG_LEVEL',
  'PUBLIC_ORIGINS',
  'REGISTRATION',
  'NATS_URL',
  'OPENAI_API_KEY',
  'GOOGLE_GENERATIVE_AI_API_KEY',
  'LIMIT_SEND_PER_10_S',
  'LIMIT_AI_PER_MINUTE',
];
const meantBy = (...names: string[]) =>
  misspeltVariables(Object.fromEntries(names.map((name) => [name, 'x'])), known).map(({ name, meant }) => `${name} ${meant}`);

describe('variables that look like ours and are none', () => {
  it('are named with what was meant', () => {
    expect(meantBy('PUBLIC_ORIGIN', 'LOGLEVEL', 'REGISTRATOIN', 'NATS_URI', 'OPENAI_KEY', 'GOOGLE_API_KEY', 'log_level')).toEqual([
      'PUBLIC_ORIGIN PUBLIC_ORIGINS',
      'LOGLEVEL LOG_LEVEL',
      'REGISTRATOIN REGISTRATION',
      'NATS_URI NATS_URL',
      'OPENAI_KEY OPENAI_API_KEY',
      'GOOGLE_API_KEY GOOGLE_GENERATIVE_AI_API_KEY',
      'log_level LOG_LEVEL',
    ]);
  });

  it('are named where how often was left out', () => {
    expect(meantBy('LIMIT_SENDS', 'LIMIT_SEND_PER_MINUTE', 'LIMIT_AI')).toEqual([
      'LIMIT_SENDS LIMIT_SEND_PER_10_S',
      'LIMIT_SEND_PER_MINUTE LIMIT_SEND_PER_10_S',
      'LIMIT_AI LIMIT_AI_PER_MINUTE',
    ]);
    expect(meantBy('LIMIT', 'LIMITS', 'LIMIT_CPU')).toEqual([]);
  });

  it('are not those of others', () => {
    expect(meantBy('HOME', 'PATH', 'POST', 'HOSTNAME', 'MAIL_URL', 'API_KEY', 'LANG', 'OLDPWD', '_', 'npm_config_registry')).toEqual([]);
  });

  it('are not the known ones, nor empty ones, nor a second spelling of what is set', () => {
    expect(meantBy(...known)).toEqual([]);
    expect(misspeltVariables({ PUBLIC_ORIGIN: '' }, known)).toEqual([]);
    expect(meantBy('PUBLIC_ORIGINS', 'PUBLIC_ORIGIN')).toEqual([]);
  });

  it('cost no time however long their names are', () => {
    expect(meantBy('A'.repeat(100_000))).toEqual([]);
  });
});
