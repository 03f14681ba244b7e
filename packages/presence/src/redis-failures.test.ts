import { beforeEach, describe, expect, it } from 'vitest';
import { createFailureReport, type FailureReport } from './redis-failures.js';

const reply = (message: string) => Object.assign(new Error(message), { name: 'ReplyError' });

describe('failure report', () => {
  let reported: Error[];
  let time: number;
  let report: FailureReport;

  beforeEach(() => {
    reported = [];
    time = 0;
    report = createFailureReport({ where: 'cache:6379', onError: (error) => reported.push(error), now: () => time });
  });

  it('tells of one outage once, in whatever words the network says it, and again of the next', () => {
    report.lost(new Error('the connection was closed'));
    for (let attempt = 0; attempt < 1_000; attempt += 1) report.lost(new Error('connect ECONNREFUSED'));
    expect(reported.map((error) => error.message)).toEqual(['Redis at cache:6379 is lost: the connection was closed']);
    expect(report.found()).toBe(true);
    expect(report.found()).toBe(false);
    report.lost(new Error('connect ECONNREFUSED'));
    expect(reported).toHaveLength(2);
  });

  it('tells of another failure within the same outage', () => {
    report.lost(new Error('connect ECONNREFUSED'));
    const wrongPassword = reply('WRONGPASS invalid username-password pair');
    report.lost(wrongPassword);
    report.lost(wrongPassword);
    expect(reported).toHaveLength(2);
    expect(reported[1]!.cause).toBe(wrongPassword);
  });

  it('repeats a refused command at most once a minute, each kind by itself', () => {
    report.refused(reply('OOM command not allowed'));
    report.refused(reply('OOM command not allowed when used memory'));
    report.refused(reply('NOPERM no permissions'));
    expect(reported).toHaveLength(2);
    time += 60_000;
    report.refused(reply('OOM command not allowed'));
    expect(reported).toHaveLength(3);
  });

  const reportStart = () =>
    createFailureReport({ where: 'cache:6379', onError: (error) => reported.push(error), now: () => time, startMs: 15_000 });

  it('takes silence during a start for no outage, nor the close that follows it, but what says that Redis is away', () => {
    report = reportStart();
    const silences = [
      Object.assign(new Error('connect ETIMEDOUT'), { code: 'ETIMEDOUT' }),
      new Error('Socket timeout. Expecting data, but didn’t receive any in 1500ms.'),
    ];
    for (const silence of silences) {
      report.lost(silence);
      report.lost(new Error('the connection was closed'));
      time += 5_000;
    }
    report.refused(new Error('Redis did not answer within 900 ms'));
    expect(reported).toEqual([]);
    expect(report.found()).toBe(false);
    report.lost(new Error('the connection was closed'));
    expect(reported).toHaveLength(1);
  });

  it('tells of a refusal during a start at once, and of silence that outlasts it', () => {
    report = reportStart();
    report.lost(new Error('connect ECONNREFUSED'));
    expect(reported).toHaveLength(1);
    expect(report.found()).toBe(true);
    report.lost(new Error('connect ETIMEDOUT'));
    time += 15_000;
    report.lost(new Error('connect ETIMEDOUT'));
    report.lost(new Error('the connection was closed'));
    expect(reported.map((error) => error.message)).toEqual([
      'Redis at cache:6379 is lost: connect ECONNREFUSED',
      'Redis at cache:6379 is lost: connect ETIMEDOUT',
    ]);
  });

  it('names an error without a message by its code', () => {
    report.lost(Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }));
    expect(reported[0]!.message).toBe('Redis at cache:6379 is lost: ECONNREFUSED');
  });
});
