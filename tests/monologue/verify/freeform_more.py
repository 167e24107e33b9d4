"""More small programs, for the free-form monologues of freeform_d.txt: none of them was developed on."""

PROGRAMS: dict[str, tuple[str, tuple[str, ...]]] = {
    "mean": (
        "def f(xs):\n    if not xs:\n        return 0\n    s = sum(xs)\n    m = s / len(xs)\n    return round(m, 1)\n",
        ("[2, 4, 9]",),
    ),
    "caesar": (
        "def f(msg, k):\n    out = ''\n    for ch in msg:\n        if ch.isalpha():\n            out += chr((ord(ch) - 97 + k) % 26 + 97)\n        else:\n            out += ch\n    return out\n",
        ("'ay z'", "2"),
    ),
    "runlen": (
        "def f(bits):\n    longest = cur = 0\n    for b in bits:\n        if b == 1:\n            cur += 1\n            longest = max(longest, cur)\n        else:\n            cur = 0\n    return longest\n",
        ("[1, 1, 0, 1]",),
    ),
    "lookup": (
        "def f(prices, item):\n    try:\n        price = prices[item]\n    except KeyError:\n        return 'unknown'\n    return price * 2\n",
        ("{'tea': 3}", "'milk'"),
    ),
    "flatten": (
        "def f(nested):\n    flat = []\n    for part in nested:\n        if isinstance(part, list):\n            flat.extend(part)\n        else:\n            flat.append(part)\n    return flat\n",
        ("[1, [2, 3], 4]",),
    ),
    "hanoi": (
        "def f(n):\n    if n == 0:\n        return 0\n    smaller = f(n - 1)\n    return 2 * smaller + 1\n",
        ("3",),
    ),
    "tokens": (
        "def f(line):\n    left, _, right = line.partition('=')\n    key = left.strip()\n    value = right.strip()\n    return {key: value}\n",
        ("' name = Bob '",),
    ),
    "bracket": (
        "def f(score):\n    if score >= 90:\n        grade = 'A'\n    elif score >= 75:\n        grade = 'B'\n    else:\n        grade = 'C'\n    return grade\n",
        ("82",),
    ),
    "sumodd": (
        "def f(limit):\n    total = 0\n    n = 1\n    while n < limit:\n        total += n\n        n += 2\n    return total\n",
        ("6",),
    ),
    "invert": (
        "def f(d):\n    inv = {}\n    for k, v in d.items():\n        inv[v] = k\n    return inv\n",
        ("{'x': 1, 'y': 2}",),
    ),
    "firstneg": (
        "def f(xs):\n    for pos, x in enumerate(xs):\n        if x < 0:\n            return pos\n    return None\n",
        ("[4, 0, -2, -5]",),
    ),
    "squares": (
        "def f(n):\n    sq = [i * i for i in range(n)]\n    last = sq[-1]\n    return sq, last\n",
        ("4",),
    ),
    "joiner": (
        "def f(names):\n    line = ''\n    for i, name in enumerate(names):\n        if i > 0:\n            line += ', '\n        line += name\n    return line\n",
        ("['Al', 'Bo', 'Cy']",),
    ),
    "balance": (
        "def f(start, moves):\n    bal = start\n    low = start\n    for m in moves:\n        bal += m\n        if bal < low:\n            low = bal\n    return bal, low\n",
        ("10", "[5, -20, 8]"),
    ),
    "validate": (
        "def check(age):\n    if age < 0:\n        raise ValueError('negative age')\n    return age\n\ndef f(ages):\n    good = []\n    bad = 0\n    for a in ages:\n        try:\n            good.append(check(a))\n        except ValueError:\n            bad += 1\n    return good, bad\n",
        ("[30, -1, 7]",),
    ),
    "transpose": (
        "def f(m):\n    cols = len(m[0])\n    out = []\n    for c in range(cols):\n        out.append([row[c] for row in m])\n    return out\n",
        ("[[1, 2, 3], [4, 5, 6]]",),
    ),
    "coins": (
        "def f(amount):\n    coins = []\n    for coin in (25, 10, 5, 1):\n        while amount >= coin:\n            coins.append(coin)\n            amount -= coin\n    return coins\n",
        ("41",),
    ),
    "longest": (
        "def f(words):\n    best = ''\n    for w in words:\n        if len(w) > len(best):\n            best = w\n    return best\n",
        ("['an', 'apple', 'pears']",),
    ),
    "truncate": (
        "def f(s, n):\n    if len(s) <= n:\n        return s\n    return s[:n - 3] + '...'\n",
        ("'wonderful'", "7"),
    ),
    "ispow": (
        "def f(n):\n    while n % 2 == 0:\n        n //= 2\n    return n == 1\n",
        ("12",),
    ),
    "queue": (
        "def f(jobs):\n    done = []\n    while jobs:\n        name, left = jobs.pop(0)\n        if left > 1:\n            jobs.append((name, left - 1))\n        else:\n            done.append(name)\n    return done\n",
        ("[('a', 2), ('b', 1)]",),
    ),
    "histogram": (
        "def f(xs):\n    rows = []\n    for x in xs:\n        rows.append('*' * x)\n    return '|'.join(rows)\n",
        ("[2, 0, 3]",),
    ),
    "changes": (
        "def f(old, new):\n    added = new - old\n    gone = old - new\n    return sorted(added), sorted(gone)\n",
        ("{1, 2, 3}", "{2, 3, 4}"),
    ),
    "parity": ("def f(a, b):\n    s = a + b\n    return 'even' if s % 2 == 0 else 'odd'\n", ("7", "4")),
    "nested": (
        "def f(n):\n    def double(k):\n        return 2 * k\n    r = double(n)\n    r = double(r) + 1\n    return r\n",
        ("5",),
    ),
}
