"""Canary requests: unusual texts that every model must score, the same alone and in a batch."""

CANARIES = {
    'a plain sentence': b'The plot was great, but the cast seemed dull.',
    'an empty text': b'',
    'white space only': b' \t\r\n ',
    'unknown words': b'zzxqj qqqwv xxyzzk',
    'invalid UTF-8': b'a caf\xe9 \xff\xfe\x80 with a great view \xc3',
    'NUL bytes': b'\0 gre\0at \0\0 acting \0',
    'emoji': 'Loved it! \U0001f600\U0001f44d\U0001f3fd \u2764\ufe0f'.encode(),
    'Chinese': '\u5f88\u597d\u7684\u7535\u5f71\u3002\u6211\u559c\u6b22\u8fd9\u4e2a\u6545\u4e8b'.encode(),
    'markup': b'<br /><br />Great!<br /><script>alert("x")</script> &amp; \\n %s {0}',
    '100,000 words': b'the plot was great ' * 25_000,
}
