import { describe, expect, it } from 'vitest';
import { answerTask, chat, contextOf, summaryTask, finish } from '../prompt-context.fixture.js';
import { taskOf } from '../task-of.js';
import type { PromptContext } from '../prompt-context.js';

function compose(context: PromptContext): string {
  return finish(taskOf(context.task.kind).compose(context));
}

const release = chat(
  'bo: We ship the release on Friday if the payment tests pass.',
  'mia: The payment tests fail on the staging database since yesterday.',
  'bo: ok',
  'cy: I found it: the staging database lacks the new currency column.',
  'mia: Then Cy adds the currency column today and I run the payment tests again.',
  'bo: Fine. If they pass, the release goes out on Friday at ten.',
  'mia: lol',
  'cy: Who orders pizza for the release party?',
);

describe('/summary', () => {
  const summary = compose(contextOf(summaryTask, release));
  const points = summary.split('\n').filter((line) => line.startsWith('- '));

  it('gives whole sentences of the room, each with its source', () => {
    expect(points.length).toBeGreaterThanOrEqual(3);
    for (const point of points) {
      const [, text, name, id] = /^- (.+) \[(\w+) 14:\d\d\]\(#message-([\w-]+)\)$/.exec(point) ?? [];
      const source = release.find((message) => message.id === id);
      expect(source?.name).toBe(name);
      expect(source?.content).toContain(text);
    }
  });

  it('keeps the order in which things were said', () => {
    const ids = points.map((point) => /#message-([\w-]+)/.exec(point)![1]);
    expect(ids).toEqual(ids.toSorted());
  });

  it('leaves out what says nothing', () => {
    expect(summary).not.toMatch(/- (ok|lol)\b/);
  });

  it('says how much was said, by how many, and when', () => {
    expect(summary).toContain('**8 messages by 3 people**, 3 Nov, 14:00–14:07 UTC.');
  });

  it('counts bots apart from people', () => {
    const heading = (bots: string[]) =>
      /\*\*(.*)\*\*/.exec(
        compose(
          contextOf(
            summaryTask,
            release.map((message) => ({ ...message, bot: bots.includes(message.handle) })),
          ),
        ),
      )![1];
    expect(heading(['cy'])).toBe('8 messages by 2 people and 1 bot');
    expect(heading(['bo', 'mia', 'cy'])).toBe('8 messages by 3 bots');
  });

  it('says what it is and who can give it more, and names no variable of the server', () => {
    expect(summary).toMatch(/built-in model.*ask whoever runs this server/);
    expect(summary).not.toMatch(/[A-Z]_[A-Z]/);
  });

  it('does not count calls of characters or its own answers as conversation', () => {
    const withCalls = [
      ...release,
      ...chat('ada: An earlier summary of the release of the payment tests.', 'bo: /summary today', 'bo: /ask what about the release'),
    ];
    expect(compose(contextOf(summaryTask, withCalls))).not.toMatch(/earlier summary|\/summary today|\/ask what/);
  });

  it('does not say a thing twice', () => {
    const repeated = chat(
      'bo: The server moves to Oslo next Monday.',
      'mia: The server moves to Oslo next Monday.',
      'cy: the server moves to Oslo next monday',
      'cy: Backups are kept for thirty days from then on.',
    );
    expect(compose(contextOf(summaryTask, repeated)).match(/moves to Oslo/g)).toHaveLength(1);
  });

  it('works in languages without spaces', () => {
    const japanese = chat(
      'bo: 明日の会議は午後三時に始まります。資料を準備してください。',
      'mia: 会議の資料は私が準備します。',
      'cy: 会議室は三階です。',
    );
    const found = compose(contextOf(summaryTask, japanese))
      .split('\n')
      .filter((line) => line.startsWith('- '));
    expect(found.length).toBeGreaterThanOrEqual(3);
    expect(found.join()).toContain('会議');
  });

  it('takes a conversation of only short messages as it is', () => {
    expect(compose(contextOf(summaryTask, chat('bo: hi', 'mia: hello')))).toContain('- hi [Bo 14:00]');
  });

  it('says when there is nothing', () => {
    expect(compose(contextOf(summaryTask, []))).toBe('There is nothing to summarise here yet.');
    expect(compose(contextOf(summaryTask, chat('bo: /summary', 'ada: There is nothing to summarise here yet.')))).toBe(
      'There is nothing to summarise here yet.',
    );
  });

  it('stays quick with as much as it can be given', () => {
    const long = chat(
      ...Array.from(
        { length: 500 },
        (_, index) => `bo: Point ${index} concerns the number ${index * 7}. ${'It has a second sentence too. '.repeat(50)}`,
      ),
    );
    expect(
      compose(contextOf(summaryTask, long))
        .split('\n')
        .filter((line) => line.startsWith('- ')),
    ).toHaveLength(8);
  });

  it('names the day of what was not said on the newest one', () => {
    const [first, second, third] = chat(
      'bo: The old plan was to rent a boat.',
      'mia: The new plan is to rent a bus.',
      'cy: Nobody likes the bus plan much.',
    );
    const text = compose(contextOf(summaryTask, [{ ...first!, createdAt: '2026-10-30T09:05:00.000Z' }, second!, third!]));
    expect(text).toContain('[Bo 30 Oct 09:05]');
    expect(text).toContain('30 Oct 09:05–3 Nov 14:02 UTC');
  });

  it('shows names and sentences as text, whatever marks they hold', () => {
    const [message] = chat('bo: Look at <b>this</b> ![x](https://evil.example/x.png) and *that* [here](javascript:alert).');
    const text = compose(contextOf(summaryTask, [{ ...message!, name: 'B](#x) [o' }]));
    expect(text).toContain('Look at \\<b\\>this\\</b\\> x and that here.');
    expect(text).toContain('[B #x o 14:00](#message-');
    expect(text).not.toContain('evil.example');
  });
});

describe('/decide', () => {
  const decide = (messages: PromptContext['messages'], question: string | null = null) =>
    compose(contextOf({ kind: 'decide', question, scope: null }, messages));
  const trip = chat(
    'bo: I propose we go to Oslo by train.',
    'mia: The weather was fine today.',
    'cy: I would rather fly to Rome.',
    'bo: What does the train cost?',
    'mia: Ich bin gegen Fliegen und dafür, dass wir Zug fahren. Einverstanden?',
    'ada: You should go to Oslo.',
  );

  it('gives what people proposed, took sides on and asked, each with its source, and decides nothing', () => {
    const text = decide(trip);
    const [sides, asked] = text.split('**Asked:**');
    expect(sides).toContain('- I propose we go to Oslo by train. [Bo 14:00](#message-00000000-0000-7000-8000-000000000001)');
    expect(sides).toContain('- I would rather fly to Rome. [Cy 14:02]');
    expect(sides).toContain('- Ich bin gegen Fliegen und dafür, dass wir Zug fahren. [Mia 14:04]');
    expect(asked).toContain('- What does the train cost? [Bo 14:03]');
    expect(asked).toContain('- Einverstanden? [Mia 14:04]');
    expect(text).not.toMatch(/weather|You should/);
    expect(text).toMatch(/room’s own sentences.*built-in model.*ask whoever runs this server/);
  });

  it('keeps to the question, where messages are about it', () => {
    const both = [
      ...chat('bo: Lunch should be pizza, I suggest.', 'mia: ok', 'cy: fine', 'mia: done', 'bo: We should rename the release branch.'),
    ];
    expect(decide(both, 'the release branch')).toContain('rename the release branch');
    expect(decide(both, 'the release branch')).not.toContain('pizza');
  });

  it('says when nothing is being decided', () => {
    expect(decide(chat('bo: Hello.'))).toMatch(/^I find nothing here that is being decided/);
    expect(decide([])).toMatch(/^I find nothing here that is being decided/);
  });
});

describe('/translate', () => {
  const translate = (messages: PromptContext['messages']) =>
    compose(contextOf({ kind: 'translate', question: null, scope: { kind: 'last', count: 1 }, data: { language: 'French' } }, messages));

  it('says that it takes a language model', () => {
    expect(translate(chat('bo: Good morning.'))).toMatch(/^Translating takes a language model.*ask whoever runs this server/);
    expect(translate([])).toBe('There is no message here that I could translate.');
  });
});

describe('/ask and mentions', () => {
  const ask = (question: string, messages = release): string => compose(contextOf(answerTask(question), messages));

  it('quotes the message that answers, with its source', () => {
    const answer = ask('what lacks the currency column?');
    expect(answer).toContain(
      '> I found it: the staging database lacks the new currency column.\n\n— [Cy 14:03](#message-00000000-0000-7000-8000-000000000004)',
    );
    expect(answer.indexOf('I found it')).toBeLessThan(answer.indexOf('Then Cy adds') === -1 ? Infinity : answer.indexOf('Then Cy adds'));
  });

  it('finds other forms of a word, in any case, with or without accents', () => {
    expect(ask('Is shipping RELEASES planned?', chat('bo: We release on Friday.', 'mia: Lunch?'))).toContain('> We release on Friday.');
    expect(ask('ou est le cafe', chat('bo: Le café est fermé.', 'mia: Bonjour'))).toContain('> Le café est fermé.');
    expect(ask('会議室はどこ', chat('bo: 会議室は三階です。', 'mia: お昼にしましょう。'))).toContain('> 会議室は三階です。');
  });

  it.each([
    ['上海在哪里？', '我家在上海东边。', ['我们明天开会。', '他在北京工作。', '好的，没问题。']],
    ['东京塔什么时候开门', '东京塔早上九点开门。', ['我想去大阪。', '什么都可以。', '你什么时候来？']],
    ['请问谁有钥匙吗', '钥匙在小王那里。', ['谁来了？', '有问题吗？', '我有一只猫。']],
    ['鍵在哪裡', '備用的鍵放在抽屜。', ['我在家裡。', '他在哪裡？', '好。']],
    [
      '東京タワーに行ったのは誰ですか',
      '昨日、田中さんが東京タワーに行った。',
      ['明日は京都に行きます。', '誰ですか？', '駅はどこですか。'],
    ],
    ['会議は何時からですか？', '会議は午後三時から始まります。', ['何時に起きますか？', '昼ごはんは何ですか。', 'そうですか。']],
    ['鍵はどこ', '鍵は玄関マットの下にあります。', ['犬はどこ？', '本はどこですか。', '駅はあちらです。']],
    ['サーバーのパスワードは？', 'サーバーの新しいパスワードは金庫の中です。', ['サーバが重いですね。', 'コーヒーの時間です。']],
    ['りんごはどこですか', 'りんごは冷蔵庫に入れました。', ['それはどこですか。', 'みかんは好きですか。', 'わかりません。']],
    ['회의실이 어디예요?', '회의실은 삼층에 있습니다.', ['어디 가세요?', '점심 먹었어요.', '네, 알겠습니다.']],
    ['ｻｰﾊﾞｰはどれ', 'サーバーは三番です。', ['どれでもいい。', 'お茶です。']],
    ['where is the 東京 office', 'The 東京 office is near the station.', ['The party is on Friday.', 'Where is lunch?']],
  ])('finds what %s asks for, in a script without spaces', (question, answer, others) => {
    for (const messages of [
      [answer, ...others],
      [...others, answer],
    ]) {
      const found = ask(question, chat(...messages.map((text) => `bo: ${text}`)));
      expect(found.match(/^> .*/m)?.[0]).toBe(`> ${answer}`);
    }
    expect(ask(question, chat(...others.map((text) => `bo: ${text}`)))).toContain('No message in this room answers that.');
  });

  it('does not take a message for an answer that shares only small words with the question', () => {
    const answer = ask('What is the capital of France?', chat('bo: What is the state of the release?', 'mia: The tests are done.'));
    expect(answer).toContain('No message in this room answers that.');
    expect(answer).toMatch(/ask whoever runs this server to connect a language model\.$/);
  });

  it('does not quote the question, other calls, or itself', () => {
    const messages = chat(
      'bo: /ask where is the key',
      'ada: The key is nowhere.',
      'bo: @ada where is the key?',
      'mia: The key is under the mat.',
    );
    const answer = compose(contextOf(answerTask('where is the key?'), messages, { triggerMessageId: messages[2]!.id }));
    expect(answer.match(/^> .*/gm)).toEqual(['> The key is under the mat.']);
  });

  it('quotes what was said twice once, from where it was said last', () => {
    const answer = ask('where is the key', chat('mia: The key is under the mat.', 'bo: The key is under the mat.'));
    expect(answer.match(/^> .*/gm)).toHaveLength(1);
    expect(answer).toContain('[Bo 14:01]');
  });

  it('keeps every line of a quote inside the quote', () => {
    const [message] = chat('mia: The key:\n\n```\nunder\n# the mat');
    expect(ask('where is the key', [message!])).toContain('> The key:\n>\n> ```\n> under\n> # the mat\n\n— [Mia');
  });

  it('quotes the best part of a long message', () => {
    const long = `${'We talked about nothing in particular. '.repeat(40)}The launch code is written on the blue card. ${'Then we talked more. '.repeat(40)}`;
    const answer = ask('launch code card', chat(`mia: ${long}`, 'bo: hello'));
    expect(answer).toContain('The launch code is written on the blue card.');
    expect(answer.length).toBeLessThan(1200);
  });

  it('says what it can do when only its name was written', () => {
    expect(ask('@ada')).toMatch(/^I run on the built-in model.*`\/summary`.*ask whoever runs this server/);
    expect(ask('')).toMatch(/^I run on the built-in model/);
  });
});
