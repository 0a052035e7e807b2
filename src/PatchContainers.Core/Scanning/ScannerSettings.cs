using System.Text.Json;
using PatchContainers.Endpoints;
using PatchContainers.Scanning.Anchore;
using PatchContainers.Scanning.Clair;
using PatchContainers.Scanning.Operator;
using PatchContainers.Scanning.Programs;
using PatchContainers.Scanning.Reports;

namespace PatchContainers.Scanning;

/// <summary>The part of the settings file that is about scanners: an object for each, by its name in any case.</summary>
internal sealed record ScannerSettings
{
    /// <summary>The scanners that there are settings for.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. PatchServices.Programs.Select(p => p.Name), TrivyOperatorReport.ScannerName, AnchoreScanner.ScannerName, ClairScanner.ScannerName];

    /// <summary>How executables are called, by the scanner's name in any case.</summary>
    public IReadOnlyDictionary<string, ProgramSettings> Programs { get; init; } = new Dictionary<string, ProgramSettings>();

    /// <summary>Where the Trivy Operator's reports are.</summary>
    public OperatorSettings Operator { get; init; } = new(string.Empty, string.Empty);

    /// <summary>Where Anchore is; null where that is not said.</summary>
    public AnchoreSettings? Anchore { get; init; }

    /// <summary>Where Clair is; null where that is not said.</summary>
    public ClairSettings? Clair { get; init; }

    /// <summary>Reads it.</summary>
    /// <param name="property">The part.</param>
    /// <param name="fault">Makes the error of what cannot be used.</param>
    public static ScannerSettings Read(JsonProperty property, Func<string, Exception> fault)
    {
        if (property.Value.ValueKind != JsonValueKind.Object)
        {
            throw fault($"'{property.Name}' is to be an object of scanners.");
        }

        var programs = new Dictionary<string, ProgramSettings>(StringComparer.OrdinalIgnoreCase);
        var settings = new ScannerSettings { Programs = programs };
        foreach (var scanner in property.Value.EnumerateObject())
        {
            var place = $"{property.Name}.{scanner.Name}";
            var name = Names.FirstOrDefault(n => n.Equals(scanner.Name, StringComparison.OrdinalIgnoreCase))
                ?? throw fault($"'{place}' is no scanner that has settings. They are: {string.Join(", ", Names)}.");
            if (scanner.Value.ValueKind != JsonValueKind.Object)
            {
                throw fault($"'{place}' is to be an object of its settings.");
            }

            try
            {
                if (PatchServices.Programs.FirstOrDefault(p => p.Name == name) is { } program)
                {
                    programs[name] = ProgramSettings.Parse(Reader(program.SettingNames, ProgramSettings.ArgumentsName), List(ProgramSettings.ArgumentsName));
                }
                else
                {
                    settings = name switch
                    {
                        AnchoreScanner.ScannerName => settings with { Anchore = AnchoreSettings.Parse(Reader(AnchoreSettings.SettingNames)) },
                        ClairScanner.ScannerName => settings with { Clair = ClairSettings.Parse(Reader(ClairSettings.SettingNames)) },
                        _ => settings with { Operator = OperatorSettings.Parse(Reader(OperatorSettings.SettingNames)) },
                    };
                }
            }
            catch (PatchException e) when (e.Code == PatchErrorCode.InvalidArgument)
            {
                throw fault(e.Message);
            }

            SettingReader Reader(IReadOnlyList<string> known, string list = "") => new("scanner", name,
                scanner.Value.EnumerateObject().Where(e => e.Name != list).ToDictionary(e => e.Name, e => Text(e.Name, e.Value)), list.Length > 0 ? [.. known, list] : known);

            string[] List(string list) => !scanner.Value.TryGetProperty(list, out var texts) ? []
                : texts.ValueKind == JsonValueKind.Array ? [.. texts.EnumerateArray().Select(t => Text(list, t))]
                : throw fault($"'{place}.{list}' is to be a list of texts.");

            string Text(string entry, JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()!
                : throw fault($"'{place}.{entry}' is to hold text.");
        }

        return settings;
    }
}
