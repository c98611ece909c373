/** Fills `length` characters with a repeated piece. */
function repeat(piece: string, length: number): string {
  return piece.repeat(Math.ceil(length / piece.length)).slice(0, length)
}

/** Text that grows from a seed, so that no two lines are alike and no run depends on chance. */
function scramble(alphabet: readonly string[], length: number): string {
  let seed = 1
  let text = ''
  while (text.length < length) {
    seed = (seed * 48_271) % 2_147_483_647
    text += alphabet[seed % alphabet.length] ?? ''
  }
  return text.slice(0, length)
}

/** Sources that are slow in careless parsers: a name and a function from a length to a text of that length. */
export const abuse: { readonly [name: string]: (length: number) => string } = {
  'opening emphasis': (n) => repeat('*a ', n),
  'emphasis of two kinds': (n) => repeat('_a*', n),
  'stars without words': (n) => `a${repeat('*', n - 2)}a`,
  'triple stars': (n) => repeat('***a', n),
  'closing emphasis after opening': (n) => repeat('**a ', n / 2) + repeat('b** ', n / 2),
  'emphasis by threes': (n) => repeat('a**b*c**', n),
  tildes: (n) => repeat('~~a', n),
  'lone tildes': (n) => repeat('a~~~~~ ', n),
  'open brackets': (n) => repeat('[', n),
  'brackets with words': (n) => repeat('[a', n),
  'nested brackets': (n) => repeat('[', n / 2) + repeat(']', n / 2),
  'nested links': (n) => repeat('[a](', n),
  'links with titles': (n) => repeat('[a](http://b "', n),
  'open image marks': (n) => repeat('![', n),
  'nested images': (n) => repeat('![[]()', n),
  'images in images': (n) => repeat('![a', n / 2) + repeat('](http://b)', n / 2),
  'pointed brackets': (n) => repeat('<', n),
  'pointed brackets with names': (n) => repeat('<a', n),
  'open addresses': (n) => repeat('<http://a', n),
  'unclosed comments': (n) => repeat('<!--', n),
  'unclosed declarations': (n) => repeat('<!A ', n),
  'open parentheses': (n) => '[a](' + repeat('(', n - 4),
  backticks: (n) => {
    let text = ''
    for (let run = 1; text.length < n; run++) text += `e${'`'.repeat(run)}`
    return text.slice(0, n)
  },
  'backticks and words': (n) => repeat('`a``b', n),
  backslashes: (n) => repeat('\\', n),
  entities: (n) => repeat('&', n),
  'half entities': (n) => repeat('&amp', n),
  'long entities': (n) => repeat('&#xfffffff;&aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa;', n),
  'quotes in one line': (n) => repeat('>', n),
  'quotes on many lines': (n) => repeat('> > > > a\n', n),
  'quotes of growing depth': (n) => {
    let text = ''
    for (let depth = 1; text.length < n; depth++) text += `${'>'.repeat(depth % 60)}a\n`
    return text.slice(0, n)
  },
  'lists in one line': (n) => `${repeat('- ', n - 1)}a`,
  'numbers in one line': (n) => `${repeat('1. ', n - 1)}a`,
  'lists of growing depth': (n) => {
    let text = ''
    for (let depth = 0; text.length < n; depth++) text += `${'  '.repeat(depth % 40)}- a\n`
    return text.slice(0, n)
  },
  'empty items': (n) => repeat('-\n', n),
  'loose items': (n) => repeat('- a\n\n', n),
  'quotes in lists': (n) => `${repeat('- > ', n - 1)}a`,
  'lists after paragraphs': (n) => repeat('a\n- b\n', n),
  rules: (n) => repeat('***\n', n),
  'nearly rules': (n) => repeat('* ', n - 1) + 'a',
  'underlined headings': (n) => repeat('a\n=\n', n),
  'nearly headings': (n) => repeat('a\n', n - 1) + '=',
  'number signs': (n) => repeat('#', n),
  'closed headings': (n) => '# ' + repeat('# ', n),
  'open fences': (n) => repeat('```\n', n),
  'fences of growing length': (n) => {
    let text = ''
    for (let run = 3; text.length < n; run++) text += `${'`'.repeat(run)}\n`
    return text.slice(0, n)
  },
  'nearly fences': (n) => repeat('``` `\n', n),
  'wide table': (n) => `${repeat('|a', n / 4)}|\n${repeat('|-', n / 4)}|\n${repeat('b\n', n / 2)}`,
  'short rows': (n) => `|${'a|'.repeat(31)}\n|${'-|'.repeat(31)}\n${repeat('b\n', Math.max(0, n - 128))}`,
  'many tables': (n) => repeat(`|${'a|'.repeat(20)}\n|${'-|'.repeat(20)}\nb\nb\nb\nb\n\n`, n),
  'nearly tables': (n) => repeat('|a|b|\n|-|\n', n),
  'lines of delimiters': (n) => repeat('|-|-\n', n),
  'escaped pipes': (n) => `|a|b|\n|-|-|\n${repeat('\\|', n - 13)}`,
  'many definitions': (n) => {
    let text = ''
    for (let index = 0; text.length < n; index++) text += `[${index}]: http://a\n`
    return text.slice(0, n)
  },
  'one definition, many uses': (n) => {
    const definition = `[a]: http://b/${'c'.repeat(Math.min(1900, n / 4))}\n\n`
    return definition + repeat('[a] ', n - definition.length)
  },
  'nearly definitions': (n) => repeat('[a]:\n', n),
  'definitions with open titles': (n) => repeat('[a]: http://b "\n', n),
  'long labels': (n) => repeat(`[${'a'.repeat(990)}\n`, n),
  'references to nothing': (n) => `[a]: http://b\n\n${repeat('[b][c]', n - 16)}`,
  'mail addresses': (n) => repeat('a@b.com ', n),
  'addresses one after another': (n) => repeat('http://a.b ', n),
  'addresses without space': (n) => repeat('http://a.b', n),
  'starts of addresses': (n) => repeat('http://', n),
  'starts with www': (n) => repeat('www.', n),
  'www and underscores': (n) => repeat('www.a_', n),
  'long address': (n) => 'http://a.b/' + repeat('c', n - 11),
  'address with brackets': (n) => 'http://a.b/' + repeat('(', n - 11),
  'address with nested brackets': (n) => 'http://a.b/' + repeat('([{a', n - 11),
  'address with dots': (n) => 'http://a.b/' + repeat('..', n - 11),
  'address with quotes': (n) => 'http://a.b/' + repeat(`"a'`, n - 11),
  'hosts with many names': (n) => 'http://' + repeat('a.', n - 7),
  'hosts with dashes': (n) => 'http://' + repeat('a-', n - 7),
  blanks: (n) => 'a' + repeat(' ', n - 2) + 'b',
  'blanks before line ends': (n) => repeat(`a${' '.repeat(50)}\n`, n),
  tabs: (n) => repeat('\t', n - 1) + 'a',
  'tabs in lists': (n) => `${repeat('-\t', n - 1)}a`,
  'line ends': (n) => repeat('\n', n),
  returns: (n) => repeat('\r', n),
  'towers of marks': (n) => 'a' + repeat('\u0301\u0302', n - 1),
  'many small towers': (n) => repeat('a\u0301\u0302\u0303\u0304', n),
  'direction marks': (n) => repeat('\u2066a\u202e', n),
  'high characters': (n) => repeat('𝒳', n),
  'zero characters': (n) => repeat('\u0000', n),
  'everything at once': (n) =>
    scramble(
      ['*', '_', '`', '[', ']', '(', ')', '<', '>', '!', '#', '-', '|', '~', '\\', '&', '\n', ' ', 'a', 'http://', '"'],
      n,
    ),
  'everything inline': (n) => scramble(['*', '_', '`', '[', ']', '(', ')', '<', '!', '~~', '\\', 'a', ' '], n),
  'everything in blocks': (n) =>
    scramble(['- ', '> ', '1. ', '# ', '```', '\n', '\n\n', '    ', '|-', '|a', '***', 'a'], n),
}
