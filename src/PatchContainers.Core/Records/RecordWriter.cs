using System.Collections;
using System.Globalization;
using System.Text.Json;

namespace PatchContainers.Records;

/// <summary>Writes a record as JSON, every property of it, nulls and empty lists included.</summary>
internal static class RecordWriter
{
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'";

    public static void Write(Utf8JsonWriter writer, object record)
    {
        writer.WriteStartObject();
        foreach (var property in RecordShape.Of(record.GetType()).Properties)
        {
            writer.WritePropertyName(property.Name);
            WriteValue(writer, property.Value, property.Property.GetValue(record));
        }

        writer.WriteEndObject();
    }

    private static void WriteValue(Utf8JsonWriter writer, ValueShape shape, object? value)
    {
        if (value is null)
        {
            writer.WriteNullValue();
            return;
        }

        switch (shape.Kind)
        {
            case ValueKind.Text:
                writer.WriteStringValue((string)value);
                break;
            case ValueKind.Boolean:
                writer.WriteBooleanValue((bool)value);
                break;
            case ValueKind.Integer:
                writer.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case ValueKind.Number:
                writer.WriteNumberValue((double)value);
                break;
            case ValueKind.Enum:
                writer.WriteStringValue(value.ToString());
                break;
            case ValueKind.Time:
                writer.WriteStringValue(((DateTimeOffset)value).UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture));
                break;
            case ValueKind.Duration:
                writer.WriteStringValue(((TimeSpan)value).ToString("c", CultureInfo.InvariantCulture));
                break;
            case ValueKind.List:
                writer.WriteStartArray();
                foreach (var element in (IEnumerable)value)
                {
                    WriteValue(writer, shape.Element!, element);
                }

                writer.WriteEndArray();
                break;
            case ValueKind.Map:
                writer.WriteStartObject();
                // In one order, whatever the dictionary's own is after a serializer: the same record is the same line.
                foreach (var (key, text) in ((IReadOnlyDictionary<string, string>)value).OrderBy(p => p.Key, StringComparer.Ordinal))
                {
                    writer.WriteString(key, text);
                }

                writer.WriteEndObject();
                break;
            default:
                Write(writer, value);
                break;
        }
    }
}
