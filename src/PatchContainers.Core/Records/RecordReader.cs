using System.Globalization;
using System.Text.Json;

namespace PatchContainers.Records;

/// <summary>
/// Reads a record from JSON. What is there must be readable: a value of another kind is an error that names the property, never a
/// default. Serializers that run out of depth write an object or a list as text, which is how they are found out.
/// </summary>
/// <param name="recordName">The record's name, for errors.</param>
/// <param name="source">Where it came from, for errors.</param>
internal sealed class RecordReader(string recordName, string source)
{
    public object Read(JsonElement element, RecordShape shape, string path = "")
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw WrongKind(path, element, $"{A(shape.Type)} belongs", isContainer: true);
        }

        var given = new Dictionary<string, JsonElement>(StringComparer.OrdinalIgnoreCase);
        foreach (var property in element.EnumerateObject())
        {
            if (!given.TryAdd(property.Name, property.Value))
            {
                throw Fault(Join(path, property.Name), "it is there twice.");
            }
        }

        var values = new List<(PropertyShape Property, object? Value)>();
        var arguments = new object?[shape.ParameterCount];
        foreach (var property in shape.Properties.Where(p => p.IsStored))
        {
            var name = Join(path, property.Name);
            if (!given.TryGetValue(property.Name, out var value))
            {
                if (property.IsRequired)
                {
                    throw Fault(name, $"it is missing, and {A(shape.Type)} cannot be without it.");
                }

                continue;
            }

            var read = ReadValue(value, property.Value, name);
            if (property.Position >= 0)
            {
                arguments[property.Position] = read;
            }
            else
            {
                values.Add((property, read));
            }
        }

        var record = shape.Create(arguments);
        foreach (var (property, value) in values)
        {
            property.Property.SetValue(record, value);
        }

        return record;
    }

    private static string A(Type type) => $"{("AEIOU".Contains(type.Name[0], StringComparison.Ordinal) ? "an" : "a")} {type.Name}";

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private object? ReadValue(JsonElement element, ValueShape shape, string path)
    {
        if (element.ValueKind == JsonValueKind.Null)
        {
            return shape.IsNullable ? null : throw Fault(path, "it is null.");
        }

        switch (shape.Kind)
        {
            case ValueKind.Text:
                return element.ValueKind == JsonValueKind.String ? element.GetString() : throw WrongKind(path, element, "text belongs");
            case ValueKind.Boolean:
                return element.ValueKind is JsonValueKind.True or JsonValueKind.False
                    ? element.GetBoolean()
                    : throw WrongKind(path, element, "true or false belongs");
            case ValueKind.Integer:
                return shape.Type == typeof(long)
                    ? ReadInteger(element, long.MinValue, long.MaxValue, path)
                    : (object)(int)ReadInteger(element, int.MinValue, int.MaxValue, path);
            case ValueKind.Number:
                return element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out var number)
                    ? number
                    : throw WrongKind(path, element, "a number belongs");
            case ValueKind.Enum:
                return ReadEnum(element, shape.Type, path);
            case ValueKind.Time:
                return ReadTime(element, path);
            case ValueKind.Duration:
                return ReadDuration(element, path);
            case ValueKind.List:
                return ReadList(element, shape.Element!, path);
            case ValueKind.Map:
                return ReadMap(element, path);
            default:
                return Read(element, RecordShape.Of(shape.Type), path);
        }
    }

    private TimeSpan ReadDuration(JsonElement element, string path)
    {
        if (element.ValueKind == JsonValueKind.String
            && TimeSpan.TryParseExact(element.GetString(), "c", CultureInfo.InvariantCulture, out var duration))
        {
            return duration;
        }

        // ConvertTo-Json writes the properties of a TimeSpan; Ticks are all of it.
        return element.ValueKind == JsonValueKind.Object && element.TryGetProperty(nameof(TimeSpan.Ticks), out var ticks)
            && ticks.ValueKind == JsonValueKind.Number && ticks.TryGetInt64(out var count)
            ? TimeSpan.FromTicks(count)
            : throw WrongKind(path, element, "a duration belongs, written [d.]hh:mm:ss[.fffffff]");
    }

    private long ReadInteger(JsonElement element, long least, long most, string path)
    {
        // PowerShell may have made a floating-point number of it on the way: 3.0 is 3.
        return element.ValueKind == JsonValueKind.Number && element.TryGetDecimal(out var number)
            && decimal.Truncate(number) == number && number >= least && number <= most
            ? (long)number
            : throw WrongKind(path, element, "a whole number belongs");
    }

    private object ReadEnum(JsonElement element, Type type, string path)
    {
        if (element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out var number) && Enum.IsDefined(type, number))
        {
            return Enum.ToObject(type, number);
        }

        // Enum.TryParse would take numbers in text and names joined by commas as well.
        if (element.ValueKind == JsonValueKind.String
            && Enum.GetNames(type).FirstOrDefault(n => n.Equals(element.GetString(), StringComparison.OrdinalIgnoreCase)) is { } name)
        {
            return Enum.Parse(type, name);
        }

        throw WrongKind(path, element, $"one of {string.Join(", ", Enum.GetNames(type))} belongs");
    }

    private DateTimeOffset ReadTime(JsonElement element, string path)
    {
        if (element.ValueKind == JsonValueKind.String && element.GetString() is { Length: > 10 } text
            && (text[^1] is 'Z' or 'z' || text.LastIndexOfAny(['+', '-']) > 10)
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time))
        {
            return time.ToUniversalTime();
        }

        throw WrongKind(path, element, "a time belongs, in ISO 8601 with Z or an offset");
    }

    private Array ReadList(JsonElement element, ValueShape shape, string path)
    {
        if (element.ValueKind != JsonValueKind.Array)
        {
            throw WrongKind(path, element, "a list belongs", isContainer: true);
        }

        var list = Array.CreateInstance(Nullable.GetUnderlyingType(shape.Type) ?? shape.Type, element.GetArrayLength());
        var index = 0;
        foreach (var item in element.EnumerateArray())
        {
            list.SetValue(ReadValue(item, shape, string.Create(CultureInfo.InvariantCulture, $"{path}[{index}]")), index);
            index++;
        }

        return list;
    }

    private Dictionary<string, string> ReadMap(JsonElement element, string path)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw WrongKind(path, element, "names with values belong", isContainer: true);
        }

        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var property in element.EnumerateObject())
        {
            var name = Join(path, property.Name);
            if (!map.TryAdd(property.Name, property.Value.ValueKind == JsonValueKind.String
                ? property.Value.GetString()!
                : throw WrongKind(name, property.Value, "text belongs")))
            {
                throw Fault(name, "it is there twice.");
            }
        }

        return map;
    }

    private PatchException WrongKind(string path, JsonElement element, string expected, bool isContainer = false)
    {
        var raw = element.ValueKind == JsonValueKind.String ? element.GetString()! : element.GetRawText();
        var found = element.ValueKind switch
        {
            JsonValueKind.String => $"the text '{(raw.Length > 60 ? raw[..60] + "..." : raw)}'",
            JsonValueKind.Object => "an object",
            JsonValueKind.Array => "a list",
            JsonValueKind.Null => "null",
            _ => raw.Length > 60 ? raw[..60] + "..." : raw,
        };
        var advice = isContainer && element.ValueKind == JsonValueKind.String
            ? " It was cut short when it was written: write it again with a greater depth "
                + "(10 is enough for ConvertTo-Json and Export-Clixml)."
            : string.Empty;
        return Fault(path, $"it holds {found} where {expected}.{advice}");
    }

    private PatchException Fault(string path, string fault) => new(PatchErrorCode.InvalidData, source, path.Length == 0
        ? $"The {recordName} in {source} cannot be read: {fault}"
        : $"The property '{path}' of the {recordName} in {source} cannot be read: {fault}");
}
