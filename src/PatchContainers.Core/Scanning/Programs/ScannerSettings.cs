using System.Text.Json;

namespace PatchContainers.Scanning.Programs;

/// <summary>Reads the part of the settings file that is about scanners.</summary>
internal static class ScannerSettings
{
    /// <summary>Reads it: an object for each scanner, by its name in any case.</summary>
    /// <param name="property">The part.</param>
    /// <param name="fault">Makes the error of what cannot be used.</param>
    public static IReadOnlyDictionary<string, ProgramSettings> Read(JsonProperty property, Func<string, Exception> fault)
    {
        if (property.Value.ValueKind != JsonValueKind.Object)
        {
            throw fault($"'{property.Name}' is to be an object of scanners.");
        }

        var scanners = new Dictionary<string, ProgramSettings>(StringComparer.OrdinalIgnoreCase);
        foreach (var scanner in property.Value.EnumerateObject())
        {
            var name = $"{property.Name}.{scanner.Name}";
            if (!PatchServices.ProgramNames.Contains(scanner.Name, StringComparer.OrdinalIgnoreCase))
            {
                throw fault($"'{name}' is no scanner's executable. They are: {string.Join(", ", PatchServices.ProgramNames)}.");
            }

            scanners[scanner.Name] = scanner.Value.ValueKind == JsonValueKind.Object ? ReadOne(scanner.Value, name, fault)
                : throw fault($"'{name}' is to be an object: command, arguments, server, timeout.");
        }

        return scanners;
    }

    private static ProgramSettings ReadOne(JsonElement scanner, string name, Func<string, Exception> fault)
    {
        var settings = new ProgramSettings();
        foreach (var entry in scanner.EnumerateObject())
        {
            settings = entry.Name switch
            {
                "command" => settings with { Command = Text(entry.Value) },
                "arguments" when entry.Value.ValueKind == JsonValueKind.Array =>
                    settings with { Arguments = [.. entry.Value.EnumerateArray().Select(Text)] },
                "server" => settings with { Server = Text(entry.Value) },
                "timeout" when DurationText.TryParse(Text(entry.Value), out var timeout) && timeout > TimeSpan.Zero =>
                    settings with { Timeout = timeout },
                "arguments" => throw fault($"'{name}.arguments' is to be a list of texts."),
                "timeout" => throw fault($"'{name}.timeout' is to be a duration, as 10m."),
                _ => throw fault($"'{name}.{entry.Name}' is no setting. They are command, arguments, server and timeout."),
            };
        }

        return settings;

        string Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()!
            : throw fault($"'{name}' is to hold text.");
    }
}
