using System.Reflection;

namespace HelpBuilder;

/// <summary>A parameter as one parameter set has it.</summary>
internal sealed record ParameterInfo(
    string Name, string Set, Type Type, bool IsMandatory, int Position, bool ByValue, bool ByPropertyName, string[] Aliases)
{
    public const string AllSets = "__AllParameterSets";

    public bool IsSwitch => Type.Name == "SwitchParameter";

    public string TypeName
    {
        get
        {
            var type = Nullable.GetUnderlyingType(Type) ?? Type;
            return type.Namespace == "System" || type.FullName!.StartsWith("System.Management.Automation.", StringComparison.Ordinal)
                ? type.Name switch
                {
                    "Int32" => "int",
                    "String" => "string",
                    "String[]" => "string[]",
                    "Object[]" => "object[]",
                    var name => name,
                }
                : type.Name;
        }
    }

    public string PipelineInput => (ByValue, ByPropertyName) switch
    {
        (true, true) => "True (ByValue, ByPropertyName)",
        (true, false) => "True (ByValue)",
        (false, true) => "True (ByPropertyName)",
        _ => "False",
    };
}

/// <summary>
/// A cmdlet as its attributes describe it. The attributes are read as data: in the reference assembly they are empty when run.
/// </summary>
internal sealed record CmdletInfo(string Verb, string Noun, string DefaultSet, IReadOnlyList<ParameterInfo> Parameters)
{
    public string Name => $"{Verb}-{Noun}";

    public IReadOnlyList<string> Sets => Parameters.Select(p => p.Set).Where(s => s != ParameterInfo.AllSets).Distinct()
        .OrderByDescending(s => s == DefaultSet).DefaultIfEmpty(ParameterInfo.AllSets).ToArray();

    public static IReadOnlyList<CmdletInfo> ReadAll(Assembly assembly) => assembly.GetExportedTypes()
        .Select(type => (type, attribute: Attributes(type, "CmdletAttribute").FirstOrDefault()))
        .Where(t => t.attribute is not null)
        .Select(t => Read(t.type, t.attribute!))
        .OrderBy(c => c.Noun + c.Verb, StringComparer.Ordinal)
        .ToArray();

    private static CmdletInfo Read(Type type, CustomAttributeData cmdlet)
    {
        var parameters = type.GetProperties().OrderBy(p => p.DeclaringType != type).ThenBy(p => p.MetadataToken).SelectMany(property =>
        {
            var aliases = Attributes(property, "AliasAttribute")
                .SelectMany(a => (IEnumerable<CustomAttributeTypedArgument>)a.ConstructorArguments[0].Value!)
                .Select(a => (string)a.Value!).ToArray();
            return Attributes(property, "ParameterAttribute").Select(a => new ParameterInfo(
                property.Name,
                Named(a, "ParameterSetName", ParameterInfo.AllSets),
                property.PropertyType,
                Named(a, "Mandatory", false),
                Named(a, "Position", int.MinValue),
                Named(a, "ValueFromPipeline", false),
                Named(a, "ValueFromPipelineByPropertyName", false),
                aliases));
        }).ToList();
        var switchType = cmdlet.AttributeType.Assembly.GetType("System.Management.Automation.SwitchParameter", throwOnError: true)!;
        if (Named(cmdlet, "SupportsShouldProcess", false))
        {
            parameters.Add(new ParameterInfo("WhatIf", ParameterInfo.AllSets, switchType, false, int.MinValue, false, false, ["wi"]));
            parameters.Add(new ParameterInfo("Confirm", ParameterInfo.AllSets, switchType, false, int.MinValue, false, false, ["cf"]));
        }

        return new CmdletInfo((string)cmdlet.ConstructorArguments[0].Value!, (string)cmdlet.ConstructorArguments[1].Value!,
            Named(cmdlet, "DefaultParameterSetName", ParameterInfo.AllSets), parameters);

    }

    private static IEnumerable<CustomAttributeData> Attributes(MemberInfo member, string name) =>
        member.GetCustomAttributesData().Where(a => a.AttributeType.Name == name);

    private static T Named<T>(CustomAttributeData attribute, string name, T otherwise) =>
        attribute.NamedArguments.Where(a => a.MemberName == name).Select(a => (T)a.TypedValue.Value!).FirstOrDefault(otherwise);
}
