import { AppError } from '@parley/contracts';
import { hash } from '@node-rs/argon2';
import { describe, expect, it } from 'vitest';
import { PasswordHasher } from './password-hasher.js';

const cheap = { memoryKib: 8, passes: 1 };

describe('PasswordHasher', () => {
  it('knows the password again, and no other', async () => {
    const hasher = new PasswordHasher(cheap);
    const stored = await hasher.hash('correct horse');
    expect(await hasher.verify(stored, 'correct horse')).toBe(true);
    expect(await hasher.verify(stored, 'correct horsf')).toBe(false);
  });

  it('knows a password however its characters were composed, also one that was hashed as it was typed', async () => {
    const hasher = new PasswordHasher(cheap);
    const [composed, decomposed] = ['Zoë’s crème brûlée', 'Zoë’s crème brûlée'].map((text, i) => text.normalize(i ? 'NFD' : 'NFC')) as [
      string,
      string,
    ];
    expect(composed).not.toBe(decomposed);
    for (const [set, entered] of [
      [composed, decomposed],
      [decomposed, composed],
      ['ｗｉｄｅ　letters', 'wide letters'],
    ] as const) {
      expect(await hasher.verify(await hasher.hash(set), entered)).toBe(true);
    }
    const before = await hash(decomposed, { memoryCost: 8, timeCost: 1, parallelism: 1 });
    expect(await hasher.verify(before, decomposed)).toBe(true);
    expect(await hasher.verify(before, 'another password')).toBe(false);
  });

  it('hashes with argon2id at the parameters OWASP asks for, salted', async () => {
    const hasher = new PasswordHasher();
    const [first, second] = await Promise.all([hasher.hash('same'), hasher.hash('same')]);
    expect(first).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(second).not.toBe(first);
  });

  it('refuses whoever would wait beyond the bound, with a time to come back, and serves the others', async () => {
    const hasher = new PasswordHasher({ ...cheap, maxConcurrent: 1, maxWaiting: 2 });
    const results = await Promise.allSettled([1, 2, 3, 4, 5].map(() => hasher.hash('x')));
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected']);
    const refused = results[4] as PromiseRejectedResult;
    expect(AppError.is(refused.reason, 'UNAVAILABLE')).toBe(true);
    expect((refused.reason as AppError).details.retryAfterMs).toBeGreaterThan(0);
    // Every call that ended gave its turn back.
    await expect(Promise.all([1, 2, 3].map(() => hasher.hash('y')))).resolves.toHaveLength(3);
  });

  it('gives the turn back when hashing fails', async () => {
    const hasher = new PasswordHasher({ ...cheap, maxConcurrent: 1, maxWaiting: 1 });
    await expect(hasher.verify('not a PHC string', 'x')).rejects.toThrow();
    await expect(hasher.hash('x')).resolves.toMatch(/^\$argon2id/);
  });
});
