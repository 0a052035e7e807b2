using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace PatchContainers.History;

/// <summary>
/// One record as one line of the file: canonical JSON, every property, always in the order in which <see cref="PatchRecord"/> declares
/// them, and last <c>,"Hash":"..."}</c>. The hash is the SHA-256 of the line's bytes in front of that.
/// </summary>
internal static class HistoryLine
{
    /// <summary>What stands in front of the first record.</summary>
    public static readonly string NoHash = new('0', HashLength);

    /// <summary>Longer than any record that makes sense; what reads a line holds it in memory.</summary>
    public const int MaxBytes = 16 << 20;

    private const int HashLength = 64;
    private const int PropertyCount = 16;
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'";

    // The relaxed encoder leaves letters beyond ASCII readable; line breaks are escaped all the same.
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static ReadOnlySpan<byte> HashPrefix => ",\"Hash\":\""u8;

    private static ReadOnlySpan<byte> PreviousHashPrefix => ",\"PreviousHash\":\""u8;

    private static ReadOnlySpan<byte> KeyPrefix => ",\"Key\":\""u8;

    private static ReadOnlySpan<byte> End => "\"}"u8;

    private static int HashSuffixLength => HashPrefix.Length + HashLength + End.Length;

    /// <summary>Writes a record with the hash that it has not yet, without a line break.</summary>
    /// <returns>The line, and the record as it will be read back.</returns>
    public static (byte[] Line, PatchRecord Record) Write(PatchRecord record)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
        {
            WriteBody(writer, record);
        }

        // The closing brace makes room for the hash.
        var body = buffer.WrittenSpan[..^1];
        var hash = Hash(body);
        byte[] line = [.. body, .. HashPrefix, .. Encoding.ASCII.GetBytes(hash), .. End];
        return (line, Read(line));
    }

    /// <summary>Reads a line, if it is a whole record with the hash that its bytes have.</summary>
    public static bool TryRead(ReadOnlySpan<byte> line, out PatchRecord record, out string fault)
    {
        record = null!;
        if (!HasOwnHash(line))
        {
            fault = "its bytes do not have the hash that it names";
            return false;
        }

        try
        {
            record = Read(line);
            fault = string.Empty;
            return true;
        }
        catch (JsonException e)
        {
            fault = $"it is no record ({e.Message})";
            return false;
        }
    }

    /// <summary>Reads a line that is a record, whatever its hash.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static PatchRecord Read(ReadOnlySpan<byte> line)
    {
        var record = new PatchRecord();
        var properties = 0;
        var reader = new Utf8JsonReader(line);
        try
        {
            reader.Read();
            Require(reader.TokenType == JsonTokenType.StartObject);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.GetString()!;
                reader.Read();
                record = ReadProperty(record, name, ref reader);
                properties++;
            }

            Require(properties == PropertyCount && reader.TokenType == JsonTokenType.EndObject && !reader.Read());
            return record;
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException)
        {
            throw new JsonException(e.Message, e);
        }
    }

    /// <summary>Whether the line ends with a hash, and has it.</summary>
    public static bool HasOwnHash(ReadOnlySpan<byte> line)
    {
        if (line.Length <= HashSuffixLength || !line[^HashSuffixLength..].StartsWith(HashPrefix) || !line.EndsWith(End))
        {
            return false;
        }

        Span<byte> digits = stackalloc byte[HashLength];
        Encoding.ASCII.GetBytes(Hash(line[..^HashSuffixLength]), digits);
        return digits.SequenceEqual(line.Slice(line.Length - End.Length - HashLength, HashLength));
    }

    /// <summary>The key's bytes as they stand in the line, escapes and all; empty where it has none. The line is not checked.</summary>
    public static ReadOnlySpan<byte> KeyOf(ReadOnlySpan<byte> line)
    {
        var tail = HashSuffixLength + PreviousHashPrefix.Length + HashLength + 1;
        if (line.Length <= tail || line[^(tail + 1)] != '"' || !line[^tail..].StartsWith(PreviousHashPrefix))
        {
            return [];
        }

        // A quote inside a value is escaped, so the prefix cannot stand inside one.
        var front = line[..^(tail + 1)];
        var start = front.LastIndexOf(KeyPrefix);
        return start < 0 ? [] : front[(start + KeyPrefix.Length)..];
    }

    /// <summary>A key as <see cref="KeyOf"/> gives it.</summary>
    public static byte[] EncodeKey(string key) => JsonEncodedText.Encode(key, WriterOptions.Encoder).EncodedUtf8Bytes.ToArray();

    private static string Hash(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return Hex(hash);
    }

#pragma warning disable CA1308 // Hashes are lower case, as sha256sum prints them.
    public static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexString(bytes).ToLowerInvariant();
#pragma warning restore CA1308

    private static void WriteBody(Utf8JsonWriter writer, PatchRecord record)
    {
        writer.WriteStartObject();
        writer.WriteNumber(nameof(PatchRecord.Sequence), record.Sequence);
        writer.WriteString(nameof(PatchRecord.Time), record.Time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture));
        writer.WriteString(nameof(PatchRecord.Kind), record.Kind.ToString());
        writer.WriteString(nameof(PatchRecord.Actor), record.Actor);
        writer.WriteString(nameof(PatchRecord.Image), record.Image);
        writer.WriteString(nameof(PatchRecord.OldDigest), record.OldDigest);
        writer.WriteString(nameof(PatchRecord.NewDigest), record.NewDigest);
        writer.WriteString(nameof(PatchRecord.Workload), record.Workload);
        writer.WriteString(nameof(PatchRecord.Rollout), record.Rollout);
        writer.WriteString(nameof(PatchRecord.Outcome), record.Outcome);
        WriteList(writer, nameof(PatchRecord.Findings), record.Findings);
        WriteList(writer, nameof(PatchRecord.Gates), record.Gates);
        writer.WriteString(nameof(PatchRecord.Detail), record.Detail);
        writer.WriteString(nameof(PatchRecord.Key), record.Key);
        writer.WriteString(nameof(PatchRecord.PreviousHash), record.PreviousHash);
        writer.WriteEndObject();
    }

    private static PatchRecord ReadProperty(PatchRecord record, string name, ref Utf8JsonReader reader) => name switch
    {
        nameof(PatchRecord.Sequence) => record with { Sequence = reader.GetInt64() },
        nameof(PatchRecord.Time) => record with { Time = reader.GetDateTimeOffset() },
        nameof(PatchRecord.Kind) => record with
        {
            Kind = Enum.TryParse<PatchRecordKind>(reader.GetString(), out var kind) ? kind
                : throw new JsonException($"'{reader.GetString()}' is no kind of record"),
        },
        nameof(PatchRecord.Actor) => record with { Actor = ReadText(ref reader) },
        nameof(PatchRecord.Image) => record with { Image = ReadText(ref reader) },
        nameof(PatchRecord.OldDigest) => record with { OldDigest = ReadText(ref reader) },
        nameof(PatchRecord.NewDigest) => record with { NewDigest = ReadText(ref reader) },
        nameof(PatchRecord.Workload) => record with { Workload = ReadText(ref reader) },
        nameof(PatchRecord.Rollout) => record with { Rollout = ReadText(ref reader) },
        nameof(PatchRecord.Outcome) => record with { Outcome = ReadText(ref reader) },
        nameof(PatchRecord.Findings) => record with { Findings = ReadList(ref reader) },
        nameof(PatchRecord.Gates) => record with { Gates = ReadList(ref reader) },
        nameof(PatchRecord.Detail) => record with { Detail = ReadText(ref reader) },
        nameof(PatchRecord.Key) => record with { Key = ReadText(ref reader) },
        nameof(PatchRecord.PreviousHash) => record with { PreviousHash = ReadText(ref reader) },
        nameof(PatchRecord.Hash) => record with { Hash = ReadText(ref reader) },
        _ => throw new JsonException($"'{name}' is no property of a record"),
    };

    private static string ReadText(ref Utf8JsonReader reader) => reader.GetString() ?? throw new JsonException("null where text belongs");

    private static string[] ReadList(ref Utf8JsonReader reader)
    {
        Require(reader.TokenType == JsonTokenType.StartArray);
        var values = new List<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            values.Add(ReadText(ref reader));
        }

        return [.. values];
    }

    private static void Require(bool condition)
    {
        if (!condition)
        {
            throw new JsonException("its form is another");
        }
    }

    private static void WriteList(Utf8JsonWriter writer, string name, IReadOnlyList<string> values)
    {
        writer.WriteStartArray(name);
        foreach (var value in values)
        {
            writer.WriteStringValue(value);
        }

        writer.WriteEndArray();
    }
}
