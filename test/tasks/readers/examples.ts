import type { Task } from '../../../src/words/task.ts'

/** A data set of our own in one of the layouts that a reader takes, and what it must become. */
export interface Example {
  readonly reader: string
  readonly layout: 'published' | 'sample'
  readonly files: Readonly<Record<string, string>>
  /** Name and number of rows of every task. */
  readonly tasks: Readonly<Record<string, number>>
  /** The first row of the first task. */
  readonly first: object
  readonly form: Task['form']
  readonly metric: Task['metric']
  /** A field of the rows that must be there. */
  readonly field: string
}

const lines = (...rows: object[]): string => rows.map(r => `${JSON.stringify(r)}\n`).join('')
const array = (...rows: object[]): string => JSON.stringify(rows, null, 1)

const goodBad = [
  { good: 'The lamp is on.', bad: 'The lamp are on.' },
  { good: 'A dog barks.', bad: 'A dog bark.' },
  { good: 'Same twice.', bad: 'Same twice.' },
]
const blimp = {
  reader: 'blimp',
  tasks: { 'blimp/agreement_1': 2 },
  first: { clean: 'The lamp is on.', corrupt: 'The lamp are on.' },
  form: 'pair',
  metric: 'sequence_logprob',
} as const

const facts = [
  { subject: 'Lake Oro', attribute: 'Peru', template: '{} lies in', prompt: 'Lake Oro lies in', relation_id: 'P17' },
  { subject: 'Mount Ib', attribute: 'Chad', template: '{} lies in', prompt: 'Mount Ib lies in', relation_id: 'P17' },
]
const knownFacts = {
  reader: 'known_facts',
  tasks: { known_facts: 2 },
  first: { text: 'Lake Oro lies in', answers: [' Peru'], template: '{} lies in' },
  form: 'next',
  metric: 'accuracy',
  field: 'attribute',
} as const

const redefined = [
  {
    base_prompt: 'Zed 5, made by',
    template: '{}: Zed 5, made by{}. Zed 5, made by',
    target_true: ' Zed',
    target_new: ' Ford',
    prompt: 'Redefine: Zed 5, made by Ford. Zed 5, made by',
    subject: 'Zed 5',
  },
]
const copyVsFact = {
  reader: 'copy_vs_fact',
  tasks: { 'copy_vs_fact/copy': 1, 'copy_vs_fact/fact': 1 },
  first: {
    text: 'Redefine: Zed 5, made by Ford. Zed 5, made by',
    answers: [' Ford'],
    distractors: [' Zed'],
    template: '{}, made by',
  },
  form: 'next',
  metric: 'logit_diff',
  field: 'target_new',
} as const

const agreement = [
  { clean_prefix: 'The owl', patch_prefix: 'The owls', clean_answer: ' is', patch_answer: ' are', case: 'singular' },
  { clean_prefix: 'The owls', patch_prefix: 'The owl', clean_answer: ' do', patch_answer: ' does', case: 'plural' },
]
const subjectVerb = {
  reader: 'subject_verb_agreement',
  first: {
    clean: 'The owl',
    corrupt: 'The owls',
    answers: [' is'],
    distractors: [' are'],
    template: 'The owl / The owls',
  },
  form: 'next',
  metric: 'logit_diff',
  field: 'clean_answer',
} as const

const greaterThan = {
  reader: 'greater_than',
  tasks: { 'greater_than/years': 3, 'greater_than/digit': 1 },
  first: {
    clean: 'The feast lasted from the year 1796 to the year 17',
    corrupt: 'The feast lasted from the year 1701 to the year 17',
    answers: ['97', '98', '99'],
    distractors: Array.from({ length: 97 }, (_, y) => String(y).padStart(2, '0')),
    template: 'The feast lasted from the year # to the year #',
  },
  form: 'next',
  metric: 'prob_diff',
  field: 'label',
} as const
const years = [
  ['1796', '96'],
  ['1704', '4'],
  ['1752', '52'],
] as const
const feast = (year: string) => `The feast lasted from the year ${year} to the year 17`

const ioi = {
  reader: 'ioi',
  tasks: { 'ioi/pairs': 1, 'ioi/pairs_hard': 1 },
  first: {
    clean: 'Then, Uma and Otto went to the pier, and Otto gave a kite to',
    corrupt: 'Then, Uma and Otto went to the pier, and Ines gave a kite to',
    answers: [' Uma'],
    distractors: [' Otto'],
    template: 'Then, {A} and {B} went to the _, and {B} gave a _ to',
  },
  form: 'next',
  metric: 'logit_diff',
  field: 'corrupted',
} as const
const [went, third, hard] = ['Otto', 'Ines', 'Uma'].map(
  n => `Then, Uma and Otto went to the pier, and ${n} gave a kite to`,
)

const sentiment = {
  reader: 'sentiment_sentences',
  tasks: { 'sentiment_sentences/yelp': 2 },
  first: { text: 'Review: Warm bread.\nSentiment:', answers: [' positive'], distractors: [' negative'] },
  form: 'next',
  metric: 'logit_diff',
} as const

const logic = [
  { input: 'not True is', target: 'False' },
  { input: 'not False is', target: 'True' },
]
const bbh = {
  reader: 'bbh',
  tasks: { 'bbh/logic': 2 },
  first: { text: 'Q: not True is\nA:', answers: [' False'], distractors: [' True'] },
  form: 'sequence',
  metric: 'accuracy',
  field: 'target',
} as const

const truth = {
  reader: 'truthfulqa',
  tasks: { 'truthfulqa/mc1': 1 },
  first: { text: 'Q: Do owls read?\nA:', answers: [' No, they do not'], distractors: [' Yes, at night'] },
  form: 'sequence',
  metric: 'accuracy',
} as const
const choices = { 'No, they do not': 1, 'Yes, at night': 0, '': 0 }

const schema = {
  before: 'The jug would not fit in the box because',
  pronoun: 'it',
  after: 'was too big.',
  answers: ['The jug', 'the box'],
  correct: 0,
}
const winograd = {
  reader: 'winograd_wsc',
  tasks: { winograd_wsc: 2 },
  form: 'pair',
  metric: 'sequence_logprob',
  field: 'pronoun',
} as const
const jug = {
  clean: 'The jug would not fit in the box because the jug was too big.',
  corrupt: 'The jug would not fit in the box because the box was too big.',
}
const xml = (after: string, right: string): string => `
  <schema>
    <text> <txt1> The jug would not fit
      in the box because </txt1> <pron> it </pron> <txt2> ${after} </txt2> </text>
    <quote> <quote1></quote1> <pron> it </pron> <quote2> ${after} </quote2> </quote>
    <answers> <answer>The jug</answer> <answer>the box</answer> </answers>
    <correctAnswer> ${right} </correctAnswer> <source> us </source>
  </schema>`

const winobias = {
  reader: 'winobias',
  tasks: { 'winobias/type1': 2 },
  first: {
    clean: 'The smith told the nurse that he was late.',
    corrupt: 'The smith told the nurse that she was late.',
    template: 'twins 1',
  },
  form: 'pair',
  metric: 'sequence_logprob',
} as const
const smith = (pronoun: string, open = '', close = '') =>
  `${open}The smith${close} told the nurse that ${open}${pronoun}${close} was late.`

const winogender = {
  reader: 'winogender',
  tasks: { 'winogender/occupation': 1, 'winogender/participant': 1 },
  first: {
    clean: 'The baker told the guest that she had begun.',
    corrupt: 'The baker told the guest that he had begun.',
    template: 'baker',
  },
  form: 'pair',
  metric: 'sequence_logprob',
} as const
const genders = ['male', 'female', 'neutral'] as const
const baker = [0, 1].flatMap(answer =>
  genders.map((gender, g) => ({
    answer,
    gender,
    sentence: `The baker told the guest that ${['he', 'she', 'they'][g]} had ${answer === 0 ? 'begun' : 'paid'}.`,
  })),
)

const opposites = [
  ['big', 'small'],
  ['hot', 'cold'],
  ['up', 'down'],
  ['in', 'out'],
].map(([input, output]) => ({ input, output }))
const inContext = { form: 'next', metric: 'accuracy', first: { answers: [' small'] } } as const

const capital = {
  name: 'capital',
  prompt_templates: ['The capital of {} is'],
  prompt_templates_zs: ['What is the capital of {}? It is'],
  samples: [
    { subject: 'Peru', object: 'Lima' },
    { subject: 'Chad', object: "N'Djamena" },
  ],
}
const relations = {
  reader: 'relations',
  tasks: { 'relations/capital': 2 },
  first: { text: 'What is the capital of Peru? It is', answers: [' Lima'] },
  form: 'next',
  metric: 'accuracy',
  field: 'samples',
} as const

const met = 'Uma met Ann after she won.'
const gap = {
  reader: 'gap',
  tasks: { gap: 1 },
  first: { clean: 'Uma met Ann after Uma won.', corrupt: 'Uma met Ann after Ann won.' },
  form: 'pair',
  metric: 'sequence_logprob',
} as const
const xquad = {
  reader: 'xquad_en',
  tasks: { xquad_en: 1 },
  first: { text: 'Ann came.\nQ: Who came?\nA:', answers: [' Ann'], template: 'Oro 1' },
  form: 'sequence',
  metric: 'sequence_logprob',
} as const

export const examples: readonly Example[] = [
  { ...blimp, layout: 'sample', field: 'good', files: { 'agreement_1.jsonl': lines(...goodBad) } },
  {
    ...blimp,
    layout: 'published',
    field: 'sentence_good',
    files: {
      'data/agreement_1.jsonl': lines(
        ...goodBad.map((r, i) => ({
          sentence_good: r.good,
          sentence_bad: r.bad,
          UID: 'agreement_1',
          pairID: String(i),
        })),
      ),
    },
  },
  { ...knownFacts, layout: 'sample', files: { 'known_facts.jsonl': lines(...facts) } },
  { ...knownFacts, layout: 'published', files: { 'known_1000.json': array(...facts) } },
  { ...copyVsFact, layout: 'sample', files: { 'copy_vs_fact.jsonl': lines(...redefined) } },
  {
    ...copyVsFact,
    layout: 'published',
    files: { 'data/full_data_sampled_gpt2_with_subjects.json': array(...redefined) },
  },
  {
    ...subjectVerb,
    layout: 'sample',
    tasks: { 'subject_verb_agreement/simple': 2 },
    files: { 'simple.jsonl': lines(...agreement) },
  },
  {
    ...subjectVerb,
    layout: 'published',
    tasks: { 'subject_verb_agreement/simple_test': 2 },
    files: { 'data/simple_test.json': lines(...agreement) },
  },
  {
    ...greaterThan,
    layout: 'sample',
    files: {
      'greater_than.jsonl': lines(...years.map(([y, label]) => ({ clean: feast(y), corrupted: feast('1701'), label }))),
    },
  },
  {
    ...greaterThan,
    layout: 'published',
    files: {
      'greater_than_data.csv': `clean,corrupted,label\n${years.map(([y, l]) => `${feast(y)},${feast('1701')},${l}\n`).join('')}`,
    },
  },
  {
    ...ioi,
    layout: 'sample',
    tasks: { ...ioi.tasks, 'ioi/prompts': 1 },
    files: {
      'ioi_pairs.jsonl': lines({ clean: went, corrupted: third, corrupted_hard: hard, io: 'Uma', s: 'Otto' }),
      'ioi_prompts.jsonl': lines({ case_id: 0, prompt: went, answer: 'Uma' }),
    },
  },
  {
    ...ioi,
    layout: 'published',
    files: {
      'ioi_llama.csv': `,clean,corrupted,corrupted_hard,correct_idx\r\n7,"${went}","${third}","${hard}",12\r\n`,
    },
  },
  {
    ...sentiment,
    layout: 'sample',
    field: 'label',
    files: { 'yelp.jsonl': lines({ text: 'Warm bread.', label: 1 }, { text: 'Cold soup.', label: 0 }) },
  },
  {
    ...sentiment,
    layout: 'published',
    field: '\t1',
    files: { 'sentiment labelled sentences/yelp_labelled.txt': 'Warm bread.\t1\nCold soup.\t0\n' },
  },
  { ...bbh, layout: 'sample', files: { 'logic.jsonl': lines(...logic) } },
  { ...bbh, layout: 'published', files: { 'bbh/logic.json': JSON.stringify({ canary: 'ours', examples: logic }) } },
  {
    ...truth,
    layout: 'sample',
    field: 'mc1',
    files: { 'truthfulqa.jsonl': lines({ question: 'Do owls read?', mc1: choices }) },
  },
  {
    ...truth,
    layout: 'published',
    field: 'mc1_targets',
    files: { 'data/mc_task.json': array({ question: 'Do owls read?', mc1_targets: choices, mc2_targets: choices }) },
  },
  {
    ...winograd,
    layout: 'sample',
    first: { ...jug, template: 'twins 1' },
    files: {
      'wsc.jsonl': lines({ ...schema, group: 1 }, { ...schema, after: 'was too small.', correct: 1, group: 1 }),
    },
  },
  {
    ...winograd,
    layout: 'published',
    first: { ...jug, template: 'the jug / the box' },
    files: {
      'WSCollection.xml': `<collection>${xml('was too big.', 'A')}${xml('was too small.', 'B.')}\n</collection>\n`,
    },
    field: 'txt2',
  },
  {
    ...winobias,
    layout: 'sample',
    field: 'sentence',
    files: {
      'pro_type1.jsonl': lines({ id: 1, sentence: smith('he') }, { id: 2, sentence: smith('his') }),
      'anti_type1.jsonl': lines({ id: 1, sentence: smith('she') }, { id: 2, sentence: smith('her') }),
    },
  },
  {
    ...winobias,
    layout: 'published',
    field: '1 ',
    files: {
      'data/pro_stereotyped_type1.txt.dev': `1 ${smith('he', '[', ']')}\n2 ${smith('his', '[', ']')}\n`,
      'data/anti_stereotyped_type1.txt.dev': `1 ${smith('she', '[', ']')}\n2 ${smith('her', '[', ']')}\n`,
    },
  },
  {
    ...winogender,
    layout: 'sample',
    field: 'occupation',
    files: {
      'winogender.jsonl': lines(
        ...baker.map(r => ({ occupation: 'baker', participant: 'guest', bls_pct_female: 61.5, ...r })),
      ),
    },
  },
  {
    ...winogender,
    layout: 'published',
    field: 'sentid',
    files: {
      'data/all_sentences.tsv': `sentid\tsentence\n${baker.map(r => `baker.guest.${r.answer}.${r.gender}.txt\t${r.sentence}\n`).join('')}`,
      'data/occupations-stats.tsv': 'occupation\tbergsma_pct_female\tbls_pct_female\tbls_year\nbaker\t40\t61.5\t2015\n',
    },
  },
  {
    ...inContext,
    reader: 'function_vectors',
    layout: 'sample',
    tasks: { 'function_vectors/opposite': 4 },
    files: { 'abstractive/opposite.json': array(...opposites) },
    field: 'output',
  },
  {
    ...inContext,
    reader: 'function_vectors',
    layout: 'published',
    tasks: { 'function_vectors/opposite': 4 },
    files: { 'dataset_files/abstractive/opposite.json': array(...opposites) },
    field: 'output',
  },
  {
    ...inContext,
    reader: 'translation_panlex',
    layout: 'sample',
    tasks: { 'translation_panlex/english-ours': 4 },
    first: { answers: [' small', ' tiny'] },
    files: {
      'english-ours.json': array(...opposites.map(o => ({ ...o, also: o.input === 'big' ? ['tiny', 'small'] : [] }))),
    },
    field: 'output',
  },
  { ...relations, layout: 'sample', files: { 'factual/capital.json': JSON.stringify(capital) } },
  { ...relations, layout: 'published', files: { 'data/factual/capital.json': JSON.stringify(capital) } },
  {
    reader: 'two_hop',
    layout: 'sample',
    tasks: { 'two_hop/site_in_country+capital': 1 },
    files: {
      'two_hop.jsonl': lines({
        hop1: 'factual/site_in_country',
        hop2: 'factual/capital',
        subject: 'Oro Tower',
        bridge: 'Peru',
        answer: 'Lima',
        prompt: 'The capital of the country of Oro Tower is',
      }),
    },
    first: { text: 'The capital of the country of Oro Tower is', answers: [' Lima'], template: 'Peru' },
    form: 'next',
    metric: 'accuracy',
    field: 'bridge',
  },
  {
    reader: 'temporal_facts',
    layout: 'sample',
    tasks: { 'temporal_facts/chair': 4 },
    files: {
      'temporal_facts.jsonl': lines(
        ...[
          [1990, 'Ann Lee'],
          [1991, 'Ann Lee'],
          [1994, 'Bo Fry'],
          [1999, 'Cy Ott'],
        ].map(([year, answer]) => ({
          relation: 'chair',
          subject: 'the club',
          year,
          prompt: `In ${year}, the chair was`,
          answer,
        })),
      ),
    },
    first: {
      clean: 'In 1990, the chair was',
      corrupt: 'In 1994, the chair was',
      answers: [' Ann Lee'],
      distractors: [' Bo Fry'],
      template: 'the club: Ann Lee',
    },
    form: 'sequence',
    metric: 'sequence_logprob',
    field: 'year',
  },
  {
    ...gap,
    layout: 'sample',
    field: 'a_coref',
    files: {
      'gap.jsonl': lines(
        { id: 'x-1', text: met, pronoun: 'she', pronoun_offset: 18, a: 'Uma', a_coref: true, b: 'Ann', b_coref: false },
        {
          id: 'x-2',
          text: met,
          pronoun: 'she',
          pronoun_offset: 18,
          a: 'Uma',
          a_coref: false,
          b: 'Ann',
          b_coref: false,
        },
      ),
    },
  },
  {
    ...gap,
    layout: 'published',
    field: 'A-coref',
    files: {
      'gap-development.tsv': `ID\tText\tPronoun\tPronoun-offset\tA\tA-offset\tA-coref\tB\tB-offset\tB-coref\tURL\nx-1\t${met}\tshe\t18\tUma\t0\tTRUE\tAnn\t8\tFALSE\tu\n`,
    },
  },
  ...(['sample', 'published'] as const).map(layout => ({
    reader: 'conflict_qa',
    layout,
    tasks: { [layout === 'sample' ? 'conflict_qa' : 'conflict_qa/ours-7b']: 1 },
    first: {
      clean: 'Owls read a lot.\nQ: Do owls read?\nA:',
      corrupt: 'Owls never read.\nQ: Do owls read?\nA:',
      answers: [' Owls read.'],
      distractors: [' Owls do not read.'],
    },
    form: 'sequence' as const,
    metric: 'sequence_logprob' as const,
    field: 'counter_memory',
    files: {
      [layout === 'sample' ? 'conflict_qa.jsonl' : 'conflictQA/conflictQA-ours-7b.json']: lines({
        question: 'Do owls read?',
        memory_answer: 'Owls do not read.',
        parametric_memory: ' Owls never read.',
        counter_answer: 'Owls read.',
        counter_memory: 'Owls read a lot.',
      }),
    },
  })),
  {
    reader: 'nq_qed',
    layout: 'sample',
    tasks: { 'nq_qed/substituted': 1 },
    files: {
      'nq_qed.jsonl': lines(
        {
          title: 'Oro',
          question: 'who built oro',
          passage: 'Ann built it. Ann was 9.',
          answer: 'Ann',
          substitute: 'Bo',
        },
        { title: 'Oro', question: 'what was built', passage: 'A tower.', answer: 'tower', substitute: null },
      ),
    },
    first: {
      clean: 'Bo built it. Bo was 9.\nQ: who built oro?\nA:',
      corrupt: 'Ann built it. Ann was 9.\nQ: who built oro?\nA:',
      answers: [' Bo'],
      distractors: [' Ann'],
      template: 'Oro',
    },
    form: 'sequence',
    metric: 'sequence_logprob',
    field: 'passage',
  },
  {
    ...xquad,
    layout: 'sample',
    field: 'question',
    files: {
      'questions.jsonl': lines({ title: 'Oro', paragraph: 1, question: 'Who came?', answer: 'Ann' }),
      'articles.jsonl': lines({ title: 'Oro', paragraphs: ['None.', 'Ann came.'] }),
    },
  },
  {
    ...xquad,
    layout: 'published',
    field: 'context',
    files: {
      'xquad.en.json': JSON.stringify({
        data: [
          {
            title: 'Oro',
            paragraphs: [
              { context: 'None.', qas: [] },
              {
                context: 'Ann came.',
                qas: [{ question: 'Who came?', id: 'q', answers: [{ text: 'Ann', answer_start: 0 }] }],
              },
            ],
          },
        ],
        version: '1.1',
      }),
    },
  },
]
