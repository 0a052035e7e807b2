using System.Text.Json;
using PatchContainers.Scanning.Reports;

namespace PatchContainers.Scanning.Programs;

/// <summary>A scanner's executable: how it is called, and what it prints.</summary>
internal interface IScannerProgram
{
    /// <summary>The scanner's name, as <see cref="ScannerInfo.Name"/> gives it.</summary>
    string Name { get; }

    /// <summary>The program's name.</summary>
    string Command { get; }

    /// <summary>The settings that are texts.</summary>
    IReadOnlyList<string> SettingNames { get; }

    /// <summary>Its own variables, <c>PREFIX*</c>, which it inherits.</summary>
    string Variables { get; }

    /// <summary>Reads its report.</summary>
    IReportReader Reader { get; }

    /// <summary>The arguments that make it print its version and its database's age; none where its report has both.</summary>
    IReadOnlyList<string> VersionArguments { get; }

    /// <summary>What it printed of itself.</summary>
    ScannerInfo ReadVersion(JsonElement version, ProgramSettings settings);

    /// <summary>The arguments of a scan.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.NotSupported"/>: it cannot read images from there.</exception>
    IReadOnlyList<string> Arguments(ScannedSource source, ProgramSettings settings);

    /// <summary>The variables of a scan: a login goes into no command line, where others could read it.</summary>
    IReadOnlyDictionary<string, string> Environment(ScannedSource source);
}
