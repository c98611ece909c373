/** Numbers of a suite's examples, by the reason why ours differ. */
interface Reasons {
  readonly [reason: string]: readonly number[]
}

type Suite = 'commonmark-0.31.2' | 'commonmark-regression' | 'gfm-0.29-extensions'

/**
 * Every example in which our grammar differs from the specification's on purpose. An example that is not listed must
 * be the same, and one that is listed must differ, so nothing can change unseen.
 */
export const differences: { readonly [suite in Suite]: Reasons } = {
  'commonmark-0.31.2': {
    // A comment is written by a stranger: tags are shown as they were typed and never obeyed. Where a tag would have
    // hidden Markdown inside it, that Markdown is Markdown.
    'raw HTML is text': [
      21, 31, 148, 149, 150, 151, 152, 153, 154, 155, 156, 157, 158, 159, 160, 161, 162, 163, 164, 165, 166, 167, 168,
      169, 170, 171, 172, 173, 174, 175, 176, 177, 178, 179, 180, 181, 182, 183, 184, 185, 186, 187, 188, 189, 190, 191,
      201, 308, 309, 344, 475, 476, 477, 491, 494, 524, 536, 613, 614, 615, 616, 617, 623, 625, 626, 627, 628, 629, 630,
      631, 642, 643,
    ],
    // The name goes into a class, so it is a-z, 0-9, +, #, . and - only.
    'no such name of a language': [34, 144],
    'a link to nowhere is its words': [485, 487, 567],
    'an image in a link is its description': [517, 531],
    'bare addresses are links': [602, 608, 611],
  },
  'commonmark-regression': {
    'raw HTML is text': [2, 3, 11, 14, 17, 19, 23, 24, 25, 31, 32, 35],
    // The reference implementation takes a definition whose next line is no title; markdown-it takes none.
    'a definition before a line that begins with quotes': [30],
    'control characters are not shown': [33],
  },
  'gfm-0.29-extensions': {
    'raw HTML is text': [653],
    'no task lists': [279, 280],
    // Nobody wants a robot to find the address in a comment; `<name@example.org>` makes the link on purpose.
    'bare mail addresses stay text': [629, 630, 631],
    'no links to ftp': [628],
    // GFM takes the first bracket that nothing opened into the address, and leaves `&hl;` out of it.
    'other ends of a bare address': [625, 626],
  },
}

/**
 * Examples that have the same grammar, and link to what a comment may not link to: nearly always an address without a
 * host such as `/url`. There the source stays as it was typed.
 */
export const addressDifferences: { readonly [suite in Suite]: readonly number[] } = {
  'commonmark-0.31.2': [
    22, 23, 32, 33, 192, 193, 194, 195, 196, 198, 200, 202, 203, 204, 205, 206, 207, 208, 210, 214, 215, 216, 217, 218,
    317, 346, 404, 419, 422, 433, 473, 474, 482, 483, 484, 486, 489, 492, 495, 496, 498, 499, 500, 501, 502, 503, 504,
    505, 506, 507, 509, 510, 512, 514, 515, 516, 518, 519, 520, 521, 522, 526, 527, 528, 529, 530, 532, 533, 534, 535,
    537, 538, 539, 540, 541, 542, 543, 544, 545, 549, 550, 553, 554, 555, 556, 557, 558, 559, 560, 561, 562, 563, 564,
    565, 566, 568, 569, 570, 571, 572, 573, 574, 575, 576, 577, 578, 579, 580, 581, 582, 583, 584, 585, 586, 587, 588,
    589, 591, 592, 593, 596, 598, 599, 600, 601, 603,
  ],
  'commonmark-regression': [12, 18, 21, 26],
  'gfm-0.29-extensions': [],
}
