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

  it('names an error without a message by its code', () => {
    report.lost(Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }));
    expect(reported[0]!.message).toBe('Redis at cache:6379 is lost: ECONNREFUSED');
  });
});
