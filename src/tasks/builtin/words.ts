/** Word lists of the built-in tasks, all our own. A tokenizer that splits a word never meets it. */

export const female =
  'Mary Anna Lucy Emma Lily Sara Ella Nina Rose Kate Jane Amy Julia Clara Alice Grace Ruby Ivy Maya Zoe Nora Eva Lena Sofia Olga Sarah Laura Emily Linda Susan Karen Helen Lisa Jennifer Jessica Elizabeth Rachel Hannah Diana Martha'.split(
    ' ',
  )
export const male =
  'Tom John Ben Sam Jack Max Tim Leo Paul Dan Mark Luke Adam Peter Henry George Oscar Felix Hugo Omar Finn Carl Ravi Juan Diego Ivan Hans Pierre James David Michael Robert William Richard Thomas Daniel Steven Kevin Eric Andrew'.split(
    ' ',
  )
export const names = [...female, ...male]

export const objects =
  'ball bell book bottle box brush button cake candle coin cup doll drum feather flag flower glove hammer hat jar key kite lamp letter map medal mirror pearl pen pencil picture plate ribbon ring rope shell shoe spoon stone sword ticket torch toy violin watch whistle'.split(
    ' ',
  )
export const colours = 'red blue green yellow white black brown pink purple grey golden silver'.split(' ')
export const places =
  'market school park library garden station beach farm kitchen museum office harbour hospital village castle forest'.split(
    ' ',
  )

export const days = 'Monday Tuesday Wednesday Thursday Friday Saturday Sunday'.split(' ')
export const months = 'January February March April May June July August September October November December'.split(' ')
export const numbers = 'one two three four five six seven eight nine ten eleven twelve'.split(' ')
export const letters = 'A B C D E F G H I J K L M N O P Q R S T U V W X Y Z'.split(' ')

/** `first second, …` as pairs. */
const pairs = (text: string): (readonly [string, string])[] =>
  text.split(', ').map(p => {
    const [a, b] = p.split(' ')
    return [a!, b!]
  })

export const capitals = pairs(
  'France Paris, Spain Madrid, Italy Rome, Germany Berlin, Japan Tokyo, China Beijing, India Delhi, Egypt Cairo, Kenya Nairobi, Canada Ottawa, Peru Lima, Greece Athens, Turkey Ankara, Norway Oslo, Sweden Stockholm, Poland Warsaw, Russia Moscow, Chile Santiago, Cuba Havana, Iran Tehran, Iraq Baghdad, Nepal Kathmandu, Ghana Accra, Austria Vienna, Ireland Dublin, Portugal Lisbon, Thailand Bangkok, Vietnam Hanoi, Finland Helsinki, Denmark Copenhagen, Hungary Budapest, England London, Jordan Amman, Morocco Rabat, Jamaica Kingston, Belgium Brussels',
)
export const antonyms = pairs(
  'hot cold, big small, tall short, fast slow, happy sad, rich poor, loud quiet, hard soft, wet dry, early late, open closed, strong weak, full empty, clean dirty, good bad, up down, left right, near far, thick thin, wide narrow, high low, first last, day night, buy sell, push pull, start stop, come go, love hate, black white, true false, inside outside, above below, sweet sour, deep shallow',
)
export const pasts = pairs(
  'walk walked, run ran, sing sang, eat ate, go went, see saw, take took, give gave, make made, come came, find found, tell told, think thought, know knew, write wrote, drive drove, fly flew, drink drank, break broke, speak spoke, choose chose, grow grew, throw threw, wear wore, hold held, leave left, keep kept, build built, send sent, spend spent, teach taught, catch caught, buy bought, bring brought, fight fought, play played, look looked, jump jumped, help helped, talk talked',
)
export const plurals = pairs(
  'cat cats, dog dogs, box boxes, child children, man men, woman women, mouse mice, foot feet, leaf leaves, wolf wolves, knife knives, city cities, baby babies, story stories, dish dishes, tree trees, house houses, bird birds, key keys, toy toys, church churches, star stars, book books, road roads, lamp lamps, boy boys, girl girls',
)

/** People and animals whose number a verb agrees with; for both numbers one token is needed. */
export const nouns = pairs(
  'cat cats, dog dogs, bird birds, boy boys, girl girls, man men, woman women, child children, teacher teachers, doctor doctors, friend friends, king kings, student students, farmer farmers, driver drivers, author authors, lawyer lawyers, manager managers',
)
/** Parameter names. */
export const parameters =
  'index first second name value size key list word path text number data file count width color left right start end'.split(
    ' ',
  )
