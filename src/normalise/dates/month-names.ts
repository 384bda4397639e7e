/**
 * Month names from January on, one language a line; `/` separates the forms of a month. A prefix of at least three letters
 * is accepted, too, if it is unambiguous in its language. A form that means different months in two languages belongs to
 * the first line that has it (listopad: November in Polish and Czech, October in Croatian).
 */
const languages = [
  /* English */ 'january february march april may june july august september/sept october november december',
  /* German */ 'januar/janner februar/feber marz april mai juni juli august september oktober november dezember',
  /* French */ 'janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre',
  /* Spanish */ 'enero febrero marzo abril mayo junio julio agosto septiembre/setiembre octubre noviembre diciembre',
  /* Portuguese */ 'janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro',
  /* Italian */ 'gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre',
  /* Dutch */ 'januari februari maart/mrt april mei juni juli augustus september oktober november december',
  /* Swedish */ 'januari februari mars april maj juni juli augusti september oktober november december',
  /* Danish, Norwegian */ 'januar februar marts april maj/mai juni juli august september oktober november desember',
  /* Finnish */ 'tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesakuuta heinakuuta elokuuta syyskuuta lokakuuta marraskuuta joulukuuta',
  /* Polish */ 'styczen/stycznia luty/lutego marzec/marca kwiecien/kwietnia maj/maja czerwiec/czerwca lipiec/lipca sierpien/sierpnia wrzesien/wrzesnia pazdziernik/pazdziernika listopad/listopada grudzien/grudnia',
  /* Czech */ 'leden/ledna unor/unora brezen/brezna duben/dubna kveten/kvetna cerven/cervna cervenec/cervence srpen/srpna zari rijen/rijna listopad/listopadu prosinec/prosince',
  /* Slovak */ 'januar/januara februar/februara marec/marca april/aprila maj/maja jun/juna jul/jula august/augusta september/septembra oktober/oktobra november/novembra december/decembra',
  /* Hungarian */ 'januar februar marcius aprilis majus junius julius augusztus szeptember oktober november december',
  /* Romanian */ 'ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie',
  /* Croatian */ 'sijecanj/sijecnja veljaca/veljace ozujak/ozujka travanj/travnja svibanj/svibnja lipanj/lipnja srpanj/srpnja kolovoz/kolovoza rujan/rujna - studeni/studenoga prosinac/prosinca',
  /* Turkish */ 'ocak subat mart nisan mayis haziran temmuz agustos eylul ekim kasim aralik',
  /* Catalan */ 'gener febrer marc abril maig juny juliol agost setembre octubre novembre desembre',
  /* Estonian */ 'jaanuar veebruar marts aprill mai juuni juuli august september oktoober november detsember',
  /* Latvian */ 'janvaris februaris marts aprilis maijs junijs julijs augusts septembris oktobris novembris decembris',
  /* Lithuanian */ 'sausis/sausio vasaris/vasario kovas/kovo balandis/balandzio geguze/geguzes birzelis/birzelio liepa/liepos rugpjutis/rugpjucio rugsejis/rugsejo spalis/spalio lapkritis/lapkricio gruodis/gruodzio',
  /* Indonesian */ 'januari februari maret april mei juni juli agustus september oktober november desember',
  /* Russian */ 'январь/января февраль/февраля март/марта апрель/апреля маи/мая июнь/июня июль/июля август/августа сентябрь/сентября октябрь/октября ноябрь/ноября декабрь/декабря',
  /* Ukrainian */ 'січень/січня лютии/лютого березень/березня квітень/квітня травень/травня червень/червня липень/липня серпень/серпня вересень/вересня жовтень/жовтня листопад/листопада грудень/грудня',
  /* Bulgarian */ 'януари февруари март април маи юни юли август септември октомври ноември декември',
  /* Greek */ 'ιανουαριοσ/ιανουαριου φεβρουαριοσ/φεβρουαριου μαρτιοσ/μαρτιου απριλιοσ/απριλιου μαιοσ/μαιου/μαι ιουνιοσ/ιουνιου ιουλιοσ/ιουλιου αυγουστοσ/αυγουστου σεπτεμβριοσ/σεπτεμβριου οκτωβριοσ/οκτωβριου νοεμβριοσ/νοεμβριου δεκεμβριοσ/δεκεμβριου',
  /* Arabic */ 'يناير فبراير مارس ابريل مايو يونيو يوليو اغسطس سبتمبر اكتوبر نوفمبر ديسمبر',
  /* Hebrew */ 'ינואר/בינואר פברואר/בפברואר מרץ/במרץ אפריל/באפריל מאי/במאי יוני/ביוני יולי/ביולי אוגוסט/באוגוסט ספטמבר/בספטמבר אוקטובר/באוקטובר נובמבר/בנובמבר דצמבר/בדצמבר',
];

const shortest = 3;
let table: ReadonlyMap<string, number> | null = null;

function addLanguage(months: Map<string, number>, line: string): void {
  const names = line.split(' ').flatMap((forms, month) => forms.split('/').map((name) => ({ name, month })));
  const short = new Map<string, number | null>();
  for (const { name, month } of names) {
    for (let length = shortest; length < name.length; length++) {
      const start = name.slice(0, length);
      short.set(start, (short.get(start) ?? month) === month ? month : null);
    }
  }
  // A full name takes precedence over a prefix: Czech "cerven" is June, although July is "cervenec".
  for (const { name, month } of names) short.set(name, month);
  for (const [form, month] of short) {
    if (month !== null && form !== '-' && !months.has(form)) months.set(form, month);
  }
}

function buildTable(): ReadonlyMap<string, number> {
  const months = new Map<string, number>();
  for (const line of languages) addLanguage(months, line);
  return months;
}

/**
 * The number of a month name in any of the supported languages.
 *
 * @param word lower case, without accents, final sigma as sigma.
 * @returns 1 to 12; null if the word is not a month name.
 */
export function monthNumber(word: string): number | null {
  table ??= buildTable();
  const month = table.get(word);
  return month === undefined ? null : month + 1;
}
