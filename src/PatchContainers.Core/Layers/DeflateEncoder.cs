using System.Buffers.Binary;

namespace PatchContainers.Layers;

/// <summary>
/// A plain deflate encoder (RFC 1951): repeats found through chains of hashes, the fixed codes, and stored blocks for what does not get
/// smaller. Blocks are cut by the number of bytes alone, never by how they were written.
/// </summary>
internal sealed class DeflateEncoder
{
    private const int Window = 32 * 1024;
    private const int BlockBytes = ushort.MaxValue;
    private const int MinMatch = 3;
    private const int MaxMatch = 258;
    private const int HashBits = 15;
    private const int MaxTries = 48;
    private const int EndOfBlock = 256;

    // RFC 1951, 3.2.5: where each length and distance code begins, and how many bits follow it.
    private static readonly ushort[] LengthBase =
        [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];

    private static readonly byte[] LengthBits = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];

    private static readonly ushort[] DistanceBase =
    [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769,
        1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577,
    ];

    private static readonly byte[] DistanceBits =
        [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];

    private readonly Stream _output;
    private readonly byte[] _buffer = new byte[Window + BlockBytes];
    private readonly int[] _heads = new int[1 << HashBits];
    private readonly int[] _previous = new int[Window + BlockBytes];
    private readonly byte[] _encoded = new byte[BlockBytes + (BlockBytes / 4) + 16];
    private int _encodedLength;
    private int _history;
    private int _end;
    private ulong _bits;
    private int _bitCount;

    /// <param name="output">Where the blocks go.</param>
    public DeflateEncoder(Stream output) => _output = output;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var count = Math.Min(bytes.Length, _history + BlockBytes - _end);
            bytes[..count].CopyTo(_buffer.AsSpan(_end));
            _end += count;
            bytes = bytes[count..];
            if (_end == _history + BlockBytes)
            {
                WriteBlock(isLast: false);
            }
        }
    }

    /// <summary>Writes the last block and fills its last byte up.</summary>
    public void Finish()
    {
        WriteBlock(isLast: true);
        Align();
        FlushEncoded();
    }

    private void WriteBlock(bool isLast)
    {
        var (bits, bitCount, length) = (_bits, _bitCount, _end - _history);
        Put(isLast ? 0b011u : 0b010u, 3);
        Encode();
        if (_encodedLength > length + 8)
        {
            // Took more than it had: taken back, and stored as it is (RFC 1951, 3.2.4).
            (_bits, _bitCount, _encodedLength) = (bits, bitCount, 0);
            Put(isLast ? 0b001u : 0b000u, 3);
            Align();
            BinaryPrimitives.WriteUInt16LittleEndian(_encoded.AsSpan(_encodedLength), (ushort)length);
            BinaryPrimitives.WriteUInt16LittleEndian(_encoded.AsSpan(_encodedLength + 2), (ushort)~length);
            _encodedLength += 4;
            FlushEncoded();
            _output.Write(_buffer, _history, length);
        }

        FlushEncoded();
        var keep = Math.Min(Window, _end);
        _buffer.AsSpan(_end - keep, keep).CopyTo(_buffer);
        (_history, _end) = (keep, keep);
    }

    private void Encode()
    {
        Array.Fill(_heads, -1);
        for (var i = 0; i + MinMatch <= _history; i++)
        {
            Remember(i);
        }

        for (var at = _history; at < _end;)
        {
            var length = FindMatch(at, out var distance);
            if (length < MinMatch)
            {
                PutLiteral(_buffer[at]);
                length = 1;
            }
            else
            {
                PutMatch(length, distance);
            }

            for (var stop = at + length; at < stop; at++)
            {
                Remember(at);
            }
        }

        PutLiteral(EndOfBlock);
    }

    private void Remember(int at)
    {
        if (at + MinMatch <= _end)
        {
            ref var head = ref _heads[Hash(at)];
            _previous[at] = head;
            head = at;
        }
    }

    private int FindMatch(int at, out int distance)
    {
        distance = 0;
        var limit = Math.Min(MaxMatch, _end - at);
        if (limit < MinMatch)
        {
            return 0;
        }

        var best = MinMatch - 1;
        var here = _buffer.AsSpan(at, limit);
        var candidate = _heads[Hash(at)];
        for (var tries = 0; candidate >= 0 && at - candidate <= Window && tries < MaxTries; tries++, candidate = _previous[candidate])
        {
            if (_buffer[candidate + best] != here[best])
            {
                continue;
            }

            var length = here.CommonPrefixLength(_buffer.AsSpan(candidate, limit));
            if (length > best)
            {
                (best, distance) = (length, at - candidate);
                if (best == limit)
                {
                    break;
                }
            }
        }

        return best;
    }

    private int Hash(int at)
    {
        var three = (uint)(_buffer[at] | (_buffer[at + 1] << 8) | (_buffer[at + 2] << 16));
        return (int)((three * 0x9E3779B1) >> (32 - HashBits));
    }

    // RFC 1951, 3.2.6: the fixed codes. Codes are sent from their highest bit, everything else from its lowest.
    private void PutLiteral(int symbol)
    {
        var (code, length) = symbol switch
        {
            < 144 => (0x30 + symbol, 8),
            < 256 => (0x190 + symbol - 144, 9),
            < 280 => (symbol - 256, 7),
            _ => (0xC0 + symbol - 280, 8),
        };
        Put(Reverse(code, length), length);
    }

    private void PutMatch(int length, int distance)
    {
        var code = CodeOf(LengthBase, length);
        PutLiteral(257 + code);
        Put((uint)(length - LengthBase[code]), LengthBits[code]);
        code = CodeOf(DistanceBase, distance);
        Put(Reverse(code, 5), 5);
        Put((uint)(distance - DistanceBase[code]), DistanceBits[code]);
    }

    private static int CodeOf(ushort[] bases, int value)
    {
        var index = Array.BinarySearch(bases, (ushort)value);
        return index >= 0 ? index : ~index - 1;
    }

    private static uint Reverse(int code, int length)
    {
        var reversed = 0u;
        for (var i = 0; i < length; i++)
        {
            reversed = (reversed << 1) | (uint)((code >> i) & 1);
        }

        return reversed;
    }

    private void Put(uint bits, int count)
    {
        _bits |= (ulong)bits << _bitCount;
        _bitCount += count;
        while (_bitCount >= 8)
        {
            _encoded[_encodedLength++] = (byte)_bits;
            _bits >>= 8;
            _bitCount -= 8;
        }
    }

    private void Align()
    {
        if (_bitCount > 0)
        {
            Put(0, 8 - _bitCount);
        }
    }

    private void FlushEncoded()
    {
        _output.Write(_encoded, 0, _encodedLength);
        _encodedLength = 0;
    }
}
