/**
 * Words that build a question without saying what it is about, in some languages; accents folded. A language that is not here
 * is still searched: its function words are common in the room, so BM25 gives them little weight.
 */
const functionWords: ReadonlySet<string> = new Set(
  [
    'a an the this that these those is are was were be been am do does did done have has had will would can could should shall might',
    'must i me my we us our you your he him his she her it its they them their who whom whose what which when where why how and or but',
    'not no of to in on at by for from with about as if than then so there here any some anyone someone anything something please tell',
    'know say said get got ll re ve s t d m',
    'der die das den dem des ein eine einen einem einer ist sind waren sein wird werden hat haben hatte kann konnte soll muss ich mich',
    'mir wir uns du dich dir ihr er sie es wer was wann wo warum wie welche welcher welches und oder aber nicht kein von zu zum zur im am',
    'fur mit als wenn',
    'le la les un une des du de et ou mais est sont etait etre a ai as avons ont peut je tu il elle nous vous ils elles me te se qui que quoi',
    'quand ou pourquoi quel quelle quels quelles ne pas dans sur pour avec par ce cette ces y en',
    'el los las uno una unos unas del es ser estar esta estan ha han puede yo ella nosotros ellos quien que cuando donde por',
    'como cual cuales y o pero no en con para su sus mi mis se lo al',
  ]
    .join(' ')
    .split(' '),
);

/** @param word lower-case, accents folded */
export function isFunctionWord(word: string): boolean {
  return functionWords.has(word);
}

/** The same for Chinese, Japanese and Korean, where no space sets them apart. The longest stand first. */
export const unspacedFunctionWords =
  /教えてください|でしょうか|ありますか|알려주세요|什么时候|什麼時候|いますか|ください|あります|있습니까|告诉我|告訴我|为什么|為什麼|怎么样|怎麼樣|在哪里|在哪裡|在哪儿|在哪兒|是不是|有没有|有沒有|教えて|ですか|ますか|います|どちら|いくら|알려줘|어떻게|입니까|인가요|이에요|있나요|있어요|请问|請問|什么|什麼|怎么|怎麼|为何|為何|哪里|哪裡|哪儿|哪兒|在哪|哪个|哪個|几点|幾點|多少|是谁|是誰|どこ|いつ|だれ|何時|なに|なん|どう|なぜ|どれ|どの|です|ます|무엇|어디|언제|누구|누가|어느|얼마|예요|谁|誰|吗|嗎|呢|何/gu;
