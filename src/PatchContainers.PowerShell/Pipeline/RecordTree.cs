using System.Buffers;
using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Text.Json;
using PatchContainers.History;
using PatchContainers.Inventory;
using PatchContainers.Records;
using PatchContainers.Rollout;
using PatchContainers.Scanning;
using PatchContainers.Staleness;
using PatchContainers.Updating;

namespace PatchContainers.PowerShell.Pipeline;

/// <summary>
/// Turns what PowerShell made of a record (live, deserialized by Import-Clixml or a job, or an object of ConvertFrom-Json) into the
/// JSON that Core's reader takes. It judges nothing: what was cut short arrives there as the text that it is.
/// </summary>
internal static class RecordTree
{
    // A record has five levels; what is deeper is none.
    private const int MaxDepth = 20;

    private static readonly Type[] RecordTypes =
        [typeof(StaleImage), typeof(ImageScanResult), typeof(BaseImageUpdate), typeof(Workload), typeof(PatchRollout), typeof(PatchRecord)];

    private static readonly string[] Prefixes = ["Deserialized.", "Selected.", "Deserialized.Selected."];

    /// <summary>Reads a record.</summary>
    /// <exception cref="PatchException">It is no record, or a property of it cannot be read.</exception>
    public static object Read(PSObject value)
    {
        if (Array.IndexOf(RecordTypes, value.BaseObject.GetType()) >= 0)
        {
            return value.BaseObject;
        }

        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            Write(writer, value, 0);
        }

        using var document = JsonDocument.Parse(buffer.WrittenMemory, new JsonDocumentOptions { MaxDepth = MaxDepth + 2 });
        return RecordJson.Read(document.RootElement, "the input object", TypeOf(value));
    }

    // Select-Object and the serializers keep the type's name behind a prefix.
    private static Type? TypeOf(PSObject value) => value.TypeNames.Select(name =>
        Array.Find(RecordTypes, t => Array.Exists(Prefixes, p => name == p + t.FullName)))
        .FirstOrDefault(t => t is not null);

    private static void Write(Utf8JsonWriter writer, object? value, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new PatchException(PatchErrorCode.LimitExceeded, "the input object",
                $"The input object is nested more than {MaxDepth} levels deep; no record is.");
        }

        var wrapper = value as PSObject;
        switch (wrapper?.BaseObject ?? value)
        {
            case null:
                writer.WriteNullValue();
                break;
            case string text:
                writer.WriteStringValue(text);
                break;
            case bool flag:
                writer.WriteBooleanValue(flag);
                break;
            case DateTimeOffset time:
                writer.WriteStringValue(time);
                break;
            case DateTime time:
                writer.WriteStringValue(time.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", CultureInfo.InvariantCulture));
                break;
            case TimeSpan duration:
                writer.WriteStringValue(duration.ToString("c", CultureInfo.InvariantCulture));
                break;
            case Enum word:
                writer.WriteStringValue(word.ToString());
                break;
            case int or long or short or byte or uint or ushort or sbyte:
                writer.WriteNumberValue(Convert.ToInt64(wrapper?.BaseObject ?? value, CultureInfo.InvariantCulture));
                break;
            case double number when double.IsFinite(number):
                writer.WriteNumberValue(number);
                break;
            case decimal number:
                writer.WriteNumberValue(number);
                break;
            case IDictionary map:
                WriteMap(writer, map, depth);
                break;
            case IEnumerable list:
                writer.WriteStartArray();
                foreach (var item in list)
                {
                    Write(writer, item, depth + 1);
                }

                writer.WriteEndArray();
                break;
            default:
                WriteObject(writer, wrapper ?? PSObject.AsPSObject(value!), depth);
                break;
        }
    }

    private static void WriteMap(Utf8JsonWriter writer, IDictionary map, int depth)
    {
        writer.WriteStartObject();
        foreach (DictionaryEntry entry in map)
        {
            writer.WritePropertyName(Convert.ToString(entry.Key, CultureInfo.InvariantCulture) ?? string.Empty);
            Write(writer, entry.Value, depth + 1);
        }

        writer.WriteEndObject();
    }

    private static void WriteObject(Utf8JsonWriter writer, PSObject value, int depth)
    {
        // CLIXML knows no DateTimeOffset and writes its parts; UtcDateTime is all of it.
        if (value.TypeNames.Contains("Deserialized.System.DateTimeOffset") && value.Properties["UtcDateTime"]?.Value is { } time)
        {
            Write(writer, time, depth + 1);
            return;
        }

        writer.WriteStartObject();
        foreach (var property in value.Properties)
        {
            if (property.IsGettable)
            {
                writer.WritePropertyName(property.Name);
                Write(writer, ValueOf(property), depth + 1);
            }
        }

        writer.WriteEndObject();
    }

    // What is no record may have properties that cannot be had now, such as the exit code of a process that runs.
    private static object? ValueOf(PSPropertyInfo property)
    {
        try
        {
            return property.Value;
        }
        catch (GetValueException exception)
        {
            throw new PatchException(PatchErrorCode.InvalidData, property.Name,
                $"The property '{property.Name}' of the input object cannot be read: {exception.Message} "
                + "Give it what an earlier command wrote.", exception);
        }
    }
}
