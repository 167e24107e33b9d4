"""Small programs of many kinds, each with one call: what the free-form monologues of freeform.txt speak of."""

PROGRAMS: dict[str, tuple[str, tuple[str, ...]]] = {
    # name: (code, arguments)
    "total": ("def f(xs):\n    t = 0\n    for x in xs:\n        t += x\n    return t\n", ("[3, 5, 2]",)),
    "evens": (
        "def f(nums):\n    out = []\n    for n in nums:\n        if n % 2 == 0:\n            out.append(n)\n    return out\n",
        ("[1, 4, 7, 8]",),
    ),
    "reverse": (
        "def f(s):\n    r = ''\n    for ch in s:\n        r = ch + r\n    return r\n",
        ("'cat'",),
    ),
    "count": (
        "def f(word, letter):\n    hits = 0\n    for c in word:\n        if c == letter:\n            hits += 1\n    return hits\n",
        ("'banana'", "'a'"),
    ),
    "gcd": ("def f(a, b):\n    while b:\n        a, b = b, a % b\n    return a\n", ("48", "18")),
    "fact": ("def f(n):\n    if n <= 1:\n        return 1\n    return n * f(n - 1)\n", ("4",)),
    "fib": (
        "def f(n):\n    a, b = 0, 1\n    for _ in range(n):\n        a, b = b, a + b\n    return a\n",
        ("6",),
    ),
    "safe": (
        "def f(x, y):\n    try:\n        q = x / y\n    except ZeroDivisionError:\n        q = None\n    return q\n",
        ("10", "0"),
    ),
    "clamp": (
        "def f(v, lo, hi):\n    if v < lo:\n        return lo\n    elif v > hi:\n        return hi\n    return v\n",
        ("15", "0", "10"),
    ),
    "freq": (
        "def f(text):\n    d = {}\n    for c in text:\n        d[c] = d.get(c, 0) + 1\n    return d\n",
        ("'abca'",),
    ),
    "palin": (
        "def f(s):\n    i, j = 0, len(s) - 1\n    while i < j:\n        if s[i] != s[j]:\n            return False\n        i += 1\n        j -= 1\n    return True\n",
        ("'abcda'",),
    ),
    "bubble": (
        "def f(a):\n    n = len(a)\n    for i in range(n):\n        for j in range(n - 1 - i):\n            if a[j] > a[j + 1]:\n                a[j], a[j + 1] = a[j + 1], a[j]\n    return a\n",
        ("[3, 1, 2]",),
    ),
    "binary": (
        "def f(n):\n    bits = ''\n    while n > 0:\n        bits = str(n % 2) + bits\n        n //= 2\n    return bits\n",
        ("6",),
    ),
    "search": (
        "def f(arr, t):\n    lo, hi = 0, len(arr) - 1\n    while lo <= hi:\n        mid = (lo + hi) // 2\n        if arr[mid] == t:\n            return mid\n        if arr[mid] < t:\n            lo = mid + 1\n        else:\n            hi = mid - 1\n    return -1\n",
        ("[2, 5, 8, 12, 16]", "12"),
    ),
    "maxpos": (
        "def f(vals):\n    best = vals[0]\n    pos = 0\n    for k in range(1, len(vals)):\n        if vals[k] > best:\n            best = vals[k]\n            pos = k\n    return (best, pos)\n",
        ("[4, 9, 2, 9]",),
    ),
    "collatz": (
        "def f(n):\n    steps = 0\n    while n != 1:\n        if n % 2 == 0:\n            n = n // 2\n        else:\n            n = 3 * n + 1\n        steps += 1\n    return steps\n",
        ("6",),
    ),
    "initials": (
        "def f(name):\n    parts = name.split()\n    letters = [p[0].upper() for p in parts]\n    return '.'.join(letters)\n",
        ("'ada king lovelace'",),
    ),
    "dedupe": (
        "def f(items):\n    seen = set()\n    out = []\n    for x in items:\n        if x not in seen:\n            seen.add(x)\n            out.append(x)\n    return out\n",
        ("[1, 2, 1, 3, 2]",),
    ),
    "helper": (
        "def square(n):\n    return n * n\n\ndef f(xs):\n    acc = 0\n    for v in xs:\n        acc += square(v)\n    return acc\n",
        ("[1, 2, 3]",),
    ),
    "parse": (
        "def f(s):\n    try:\n        n = int(s)\n    except ValueError:\n        n = -1\n    return n\n",
        ("'12a'",),
    ),
    "index": ("def f(xs, i):\n    y = xs[i]\n    return y + 1\n", ("[1, 2]", "5")),
    "vowels": (
        "def f(s):\n    n = 0\n    for c in s.lower():\n        if c in 'aeiou':\n            n += 1\n    return n\n",
        ("'Apple Pie'",),
    ),
    "mat": (
        "def f(m):\n    tot = 0\n    for row in m:\n        for x in row:\n            tot += x\n    return tot\n",
        ("[[1, 2], [3, 4]]",),
    ),
    "stack": (
        "def f(s):\n    st = []\n    for c in s:\n        if c == '(':\n            st.append(c)\n        elif not st:\n            return False\n        else:\n            st.pop()\n    return not st\n",
        ("'(()'",),
    ),
    "rot": (
        "def f(lst, k):\n    k = k % len(lst)\n    return lst[-k:] + lst[:-k]\n",
        ("[1, 2, 3, 4, 5]", "7"),
    ),
    "prime": (
        "def f(n):\n    if n < 2:\n        return False\n    d = 2\n    while d * d <= n:\n        if n % d == 0:\n            return False\n        d += 1\n    return True\n",
        ("25",),
    ),
    "digits": (
        "def f(n):\n    s = 0\n    while n:\n        s += n % 10\n        n = n // 10\n    return s\n",
        ("472",),
    ),
    "merge": (
        "def f(a, b):\n    res = []\n    i = j = 0\n    while i < len(a) and j < len(b):\n        if a[i] <= b[j]:\n            res.append(a[i])\n            i += 1\n        else:\n            res.append(b[j])\n            j += 1\n    return res + a[i:] + b[j:]\n",
        ("[1, 4]", "[2, 3]"),
    ),
    "swapcase": (
        "def f(t):\n    u = t.upper()\n    if u == t:\n        return t.lower()\n    return u\n",
        ("'Hello'",),
    ),
    "power": (
        "def f(base, exp):\n    result = 1\n    while exp > 0:\n        result *= base\n        exp -= 1\n    return result\n",
        ("2", "3"),
    ),
    "group": (
        "def f(words):\n    g = {}\n    for w in words:\n        g.setdefault(len(w), []).append(w)\n    return g\n",
        ("['hi', 'cat', 'yo']",),
    ),
    "zigzag": (
        "def f(xs):\n    up = True\n    for i in range(len(xs) - 1):\n        if up and xs[i] > xs[i + 1]:\n            xs[i], xs[i + 1] = xs[i + 1], xs[i]\n        up = not up\n    return xs\n",
        ("[5, 2, 9]",),
    ),
    "account": (
        "class Account:\n    def __init__(self, balance):\n        self.balance = balance\n\n    def withdraw(self, amount):\n        if amount > self.balance:\n            raise ValueError('insufficient funds')\n        self.balance -= amount\n        return self.balance\n\ndef f(start, take):\n    acct = Account(start)\n    left = acct.withdraw(take)\n    return left\n",
        ("50", "80"),
    ),
    "running": (
        "def f(nums):\n    total = 0\n    sums = []\n    for i, n in enumerate(nums):\n        total += n\n        sums.append(total)\n    return sums\n",
        ("[10, -4, 6]",),
    ),
    "find": (
        "def f(items, target):\n    for i, item in enumerate(items):\n        if item == target:\n            break\n    else:\n        i = -1\n    return i\n",
        ("['a', 'b', 'c']", "'b'"),
    ),
    "temp": (
        "def f(c):\n    fahr = c * 9 / 5 + 32\n    if fahr > 100:\n        label = 'hot'\n    elif fahr > 60:\n        label = 'mild'\n    else:\n        label = 'cold'\n    return label\n",
        ("25",),
    ),
    "compress": (
        "def f(s):\n    out = ''\n    prev = ''\n    n = 0\n    for c in s + '#':\n        if c == prev:\n            n += 1\n        else:\n            if prev:\n                out += prev + str(n)\n            prev = c\n            n = 1\n    return out\n",
        ("'aab'",),
    ),
    "median": (
        "def f(xs):\n    ys = sorted(xs)\n    m = len(ys) // 2\n    if len(ys) % 2:\n        return ys[m]\n    return (ys[m - 1] + ys[m]) / 2\n",
        ("[7, 1, 3, 5]",),
    ),
    "title": (
        "def f(s):\n    words = s.split('_')\n    first = words[0]\n    rest = [w.capitalize() for w in words[1:]]\n    return first + ''.join(rest)\n",
        ("'get_user_name'",),
    ),
    "pairs": (
        "def f(xs, goal):\n    found = []\n    for i in range(len(xs)):\n        for j in range(i + 1, len(xs)):\n            if xs[i] + xs[j] == goal:\n                found.append((xs[i], xs[j]))\n    return found\n",
        ("[1, 4, 3]", "4"),
    ),
    "leap": (
        "def f(y):\n    if y % 400 == 0:\n        return True\n    if y % 100 == 0:\n        return False\n    return y % 4 == 0\n",
        ("1900",),
    ),
    "strip": (
        "def f(text, chars):\n    while text and text[0] in chars:\n        text = text[1:]\n    return text\n",
        ("'xxyab'", "'xy'"),
    ),
    "popeven": (
        "def f(d):\n    gone = []\n    for key in list(d):\n        if d[key] % 2 == 0:\n            gone.append(d.pop(key))\n    return gone, d\n",
        ("{'a': 1, 'b': 2, 'c': 4}",),
    ),
    "countdown": (
        "def f(n):\n    seq = []\n    while True:\n        seq.append(n)\n        if n == 0:\n            break\n        n -= 1\n    return seq\n",
        ("2",),
    ),
    "common": ("def f(a, b):\n    s = set(a)\n    return sorted(s & set(b))\n", ("[3, 1, 2]", "[2, 3, 5]")),
    "window": (
        "def f(xs, k):\n    best = cur = sum(xs[:k])\n    for i in range(k, len(xs)):\n        cur += xs[i] - xs[i - k]\n        best = max(best, cur)\n    return best\n",
        ("[1, 3, 2, 5, 1]", "2"),
    ),
    "acronym": (
        "def f(s, skip):\n    res = ''\n    for w in s.split():\n        if w in skip:\n            continue\n        res += w[0].upper()\n    return res\n",
        ("'lord of the rings'", "['of', 'the']"),
    ),
    "isint": (
        "def f(x):\n    if isinstance(x, str):\n        x = x.strip()\n        return x.isdigit()\n    return x == int(x)\n",
        ("' 42 '",),
    ),
    "tuplesum": (
        "def f(pts):\n    sx = sy = 0\n    for x, y in pts:\n        sx += x\n        sy += y\n    return (sx, sy)\n",
        ("[(1, 2), (3, -1)]",),
    ),
    "cycle": (
        "def f(seq, n):\n    out = []\n    i = 0\n    while len(out) < n:\n        out.append(seq[i % len(seq)])\n        i += 1\n    return ''.join(out)\n",
        ("'ab'", "5"),
    ),
}
